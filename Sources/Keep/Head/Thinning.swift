// An instant selector looks at one sample a step: of a scrape every 15 s and a step of a minute, three
// of four samples are never seen. They are let go of as each series is read, so that a query holds
// what it looks at and not what is kept.

internal import Basics

/// The samples that are the last at or before one of some times.
func thinned(_ columns: Columns, _ moments: Moments) -> Columns {
    let (times, values) = columns
    guard let last = times.last else { return columns }
    let stride = moments.strideMillis
    var kept: Columns = ([], [])
    let reach = max(0, last - moments.first)
    let room = stride > 0 ? min(times.count, Int(reach / stride) + 2) : 1
    kept.times.reserveCapacity(room)
    kept.values.reserveCapacity(room)
    var moment = moments.first
    for index in times.indices {
        let time = times[index]
        if time > moment {
            if stride <= 0 { break }
            moment += (time - moment + stride - 1) / stride * stride
        }
        if index + 1 < times.count && times[index + 1] <= moment { continue }
        kept.times.append(time)
        kept.values.append(values[index])
    }
    return kept
}
