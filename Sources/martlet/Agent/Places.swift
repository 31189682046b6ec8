// Where things are on this machine: the binary itself, files that may or may not exist.

import Collect
import Foundation

/// The real path of the running binary.
func executablePath() -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
}

func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
}

/// The name of this machine, as the label `instance` has it.
func hostName() -> String { HostView.system.systemName().node }
