// Pending.
import Basics
import Bytes
struct LogSourceConfig: Sendable { var source = ""; var paths: [String] = []; init(section: Section) {} }
