// Who is told and how alerts are put together: `receivers:` and `notifications:`. The routing tree of
// Alertmanager's `route:` will stand beside them; until then every alert goes to every receiver.

import Bytes
import Send

/// The receivers in force.
struct NotificationConfig: Sendable {
    var receivers: [Receiver] = []

    init() {}

    /// Reads both sections of the file.
    init(root: Section) {
        var grouping = Grouping()
        grouping.waitMillis = NotificationConfig.waitMillis
        if let section = root.section("notifications") {
            grouping = Grouping(section, over: grouping)
            section.finish()
        }
        receivers = Receiver.read(root, grouping: grouping)
    }

    /// Alertmanager waits 30 s for alerts that belong together; a small team's agent knows sooner.
    private static let waitMillis: Int64 = 10_000
}

extension Configuration {
    var receiverNames: [String] { notifications.receivers.map(\.name) }
}
