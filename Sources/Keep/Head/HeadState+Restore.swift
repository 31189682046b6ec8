// How the head takes samples back at the start: frames of the journal, of any time, on all processors beside each
// other. What is taken as it comes is HeadState.swift; which frames there are is the journal's affair.

internal import Basics

extension HeadState {
    /// Brings samples back at the start, of any time, on some threads beside each other.
    ///
    /// Each series is one thread's, which takes its samples in their order: the outcome is that of one thread.
    ///
    /// - Parameters:
    ///   - frames: samples by slot; those of ``SegmentReplay/nowhere`` are left out.
    /// - Returns: how many were not there yet.
    mutating func restore(_ frames: [SampleFrame], threads: Int) -> Int {
        let before = sampleCount
        var writers = restorers
        restorers = []
        while writers.count < threads { writers.append(SpillWriter(spill)) }
        let shares = slots.withUnsafeMutableBufferPointer { slots in
            writers.withUnsafeMutableBufferPointer {
                HeadState.restore(frames, threads: threads, slots, $0)
            }
        }
        restorers = writers
        for share in shares {
            sampleCount += share.count
            earliest = min(earliest, share.earliest)
            latest = max(latest, share.latest)
        }
        return sampleCount - before
    }

    private struct Share: Sendable {
        var count = 0
        var earliest = Millis.max
        var latest = Millis.min
    }

    private static func restore(
        _ frames: [SampleFrame], threads: Int,
        _ series: UnsafeMutableBufferPointer<HeadSeries>,
        _ restorers: UnsafeMutableBufferPointer<SpillWriter>
    ) -> [Share] {
        // A slot and a writer are one thread's alone, and all are done before the buffers end.
        nonisolated(unsafe) let (slots, writers) = (series, restorers)
        return concurrently(threads) { thread in
            var share = Share()
            for frame in frames {
                for (index, slot) in frame.series.enumerated() {
                    // In runs of 64, because neighbours share lines of the cache.
                    guard Int(slot >> 6) % threads == thread, slot < slots.count else { continue }
                    let time = frame.times[index]
                    let value = Double(bitPattern: frame.values[index])
                    let taken = slots[Int(slot)].append(time, value, into: &writers[thread])
                    guard taken == .accepted else { continue }
                    share.count += 1
                    share.earliest = min(share.earliest, time)
                    share.latest = max(share.latest, time)
                }
            }
            return share
        }
    }

    /// Hands over the pages of the threads that brought samples back.
    mutating func endRestoring() {
        for index in restorers.indices { restorers[index].finish() }
        restorers = []
    }
}
