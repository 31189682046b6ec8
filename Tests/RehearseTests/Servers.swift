// The real servers of the opt-in tests: the folder of their start scripts, and where they keep what they
// install.

import Foundation
import Glibc
import Testing

/// Names nil when these tests were not asked for.
let serverScripts = ProcessInfo.processInfo.environment["MARTLET_SERVERS"]
let serverFolder =
    ProcessInfo.processInfo.environment["MARTLET_SERVERS_DATA"] ?? "/tmp/martlet-servers"

/// Runs a script to its end.
///
/// Not by `Process`, which waits until the servers that the script leaves behind have ended as well.
func runScript(_ script: String, _ arguments: String...) throws {
    let words = (["\(serverScripts ?? "")/\(script)"] + arguments).map { "'\($0)'" }
    let status = system("bash \(words.joined(separator: " ")) >/dev/null </dev/null")
    try #require(status == 0, "\(script) failed")
}
