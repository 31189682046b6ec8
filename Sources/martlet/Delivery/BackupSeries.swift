// When a back-up was last made, from the series that back-up jobs push or expose:
// `backup_last_success_timestamp_seconds`, seconds since the epoch. Labels that name a team,
// repository or service must be the scope's; a series without them speaks of everything. Martlet's
// own back-up says nothing of a service's data, and is not counted here.

import Basics
import Query
import Reason

/// The series that is read.
let backupSeries = "backup_last_success_timestamp_seconds"

/// The last back-up that a series tells of; nil when none does, or none was written for a day.
func lastBackup(_ engine: Engine, _ scope: KPIScope, now: Millis) -> Millis? {
    guard
        let answer = try? engine.instant("last_over_time(\(backupSeries)[1d])", now, QueryLimits()),
        case .vector(let samples) = answer.value
    else { return nil }
    let times = samples.filter { sample in
        scope.labels.allSatisfy { name, value in
            sample.labels[name].map { $0.isEmpty || $0 == value } ?? true
        }
    }.map(\.value).filter { $0.isFinite && $0 > 0 && $0 * 1000 <= Double(now) }
    return times.max().map { Millis($0 * 1000) }
}
