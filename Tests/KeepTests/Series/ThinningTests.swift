// Leaving out what no step looks at, checked against looking.

import Basics
import Testing

@testable import Keep

@Suite struct ThinningTests {
    /// The last sample at or before a time.
    private func seen(_ columns: Columns, _ moment: Millis) -> (Millis, Double)? {
        columns.times.lastIndex { $0 <= moment }.map { (columns.times[$0], columns.values[$0]) }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `every step sees what it would have seen`(_ seed: UInt64) {
        print("seed \(seed)")
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<500 {
            var columns: Columns = ([], [])
            var time = Millis(random(1000) - 500)
            for index in 0..<random(40) {
                time += Millis(1 + random(50))
                columns.times.append(time)
                columns.values.append(Double(index))
            }
            let moments = Moments(
                first: Millis(random(800) - 400), strideMillis: Millis(random(120)))
            let kept = thinned(columns, moments)
            let steps = moments.strideMillis > 0 ? 40 : 1
            for step in 0..<steps {
                let moment = moments.first + Millis(step) * moments.strideMillis
                let (a, b) = (seen(columns, moment), seen(kept, moment))
                #expect(a?.0 == b?.0 && a?.1 == b?.1, "\(columns.times) \(moments) at \(moment)")
            }
            #expect(kept.times.count <= columns.times.count)
        }
    }

    @Test func `of many samples a step, one is kept`() {
        let times = (0..<1440).map { Millis($0) * 15_000 }
        let kept = thinned(
            (times, times.map(Double.init)), Moments(first: 0, strideMillis: 60_000))
        // One at 0, one a minute, and the last, which a step after it would see.
        #expect(kept.times.count == 361)
        let one = thinned((times, times.map(Double.init)), Moments(first: 59_999, strideMillis: 0))
        #expect(one.times == [45_000])
    }
}
