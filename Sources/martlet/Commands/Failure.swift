// How a command ends badly: a line on standard error and an exit status. ArgumentParser would print a
// usage text for its own validation errors; a failure of the work is one sentence.

import ArgumentParser
import Foundation

/// Ends a command with a message and a status (2: bad usage or input; 1: a check that failed).
func failure(_ message: String, status: Int32 = 2) -> ExitCode {
    complain(message)
    return ExitCode(status)
}

/// Prints a line on standard error, red on a terminal.
func complain(_ message: String) {
    let isTerminal = isatty(STDERR_FILENO) == 1
    let mark = isTerminal ? "\u{1b}[31merror:\u{1b}[0m" : "error:"
    FileHandle.standardError.write(Data("\(mark) \(message)\n".utf8))
}

/// Prints a remark on standard error.
func remark(_ message: String) {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
}
