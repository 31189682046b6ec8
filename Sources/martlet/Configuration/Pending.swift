// Pending.
import Basics
import Bytes
struct LogSourceConfig: Sendable { var source = ""; var paths: [String] = []; init(section: Section) {} }
struct NotificationConfig: Sendable { init() {}; init(root: Section) {} }
extension Configuration { var receiverNames: [String] { [] } }
