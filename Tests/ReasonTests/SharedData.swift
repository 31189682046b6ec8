// Inputs that are not copied into the project: `MARTLET_DATA`, or `../shared/data` beside the package.

import Basics
import Glibc

/// The folder of shared inputs, which may be missing.
let dataFolder: String = {
    if let given = getenv("MARTLET_DATA") { return String(cString: given) }
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(package)/../shared/data"
}()

/// The package's own folder.
let packageFolder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// The files of a folder, with their texts; none when it is missing.
func dataFiles(_ folder: String) -> [(name: String, text: String)] {
    textFiles("\(dataFolder)/\(folder)")
}

func textFiles(_ folder: String) -> [(name: String, text: String)] {
    let files = Files.system
    let names = (try? files.list(folder)) ?? []
    return names.compactMap { name in
        guard let text = try? readText("\(folder)/\(name)") else { return nil }
        return (name, text)
    }
}

func readText(_ path: String) throws -> String {
    let files = Files.system
    let handle = try files.open(path, .read)
    defer { files.close(handle) }
    return String(decoding: try files.read(handle, 0, try files.size(handle)), as: UTF8.self)
}
