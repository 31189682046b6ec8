// swift-tools-version: 6.2
// The floor (A, B, C) and then the way a sample travels: collect, keep, query, reason, rehearse,
// send, serve. An import may only point up this list; Tests/TidyTests keeps that promise.

import PackageDescription

let floor: [Target.Dependency] = ["Algebra", "Basics", "Bytes", "Carry"]
let way: [Target.Dependency] =
    floor + ["Collect", "Keep", "Query", "Reason", "Rehearse", "Send", "Serve"]

let arguments: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// For the rooms on the path of a request. The tests run in debug builds, where each access is checked at run
// time; a released one would spend a twentieth of a request's time on the checks.
let unchecked: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .executable(name: "martlet-bench", targets: ["martlet-bench"]),
        .executable(name: "martlet-stress", targets: ["martlet-stress"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // The floor.
        room("Algebra", ["COpenBLAS"]),
        room("Basics", ["CPCRE2", collections, heap, logging]),
        room("Bytes", ["Basics", "CChecksum", "CSnappy", "CZlib", "CZstd", yams]),
        .systemLibrary(name: "CChecksum"),
        door("CCrypt", nil, "libcrypt-dev"),
        door("CCurl", "libcurl", "libcurl4-openssl-dev"),
        door("CMicrohttpd", "libmicrohttpd", "libmicrohttpd-dev"),
        door("COpenBLAS", "openblas", "libopenblas-dev"),
        door("CPCRE2", "libpcre2-8", "libpcre2-dev"),
        door("CRRD", "librrd", "librrd-dev"),
        door("CSnappy", nil, "libsnappy-dev"),
        door("CZlib", "zlib", "zlib1g-dev"),
        door("CZstd", "libzstd", "libzstd-dev"),
        room("Carry", ["Basics", "Bytes", "CCrypt", "CCurl", "CMicrohttpd"], unchecked),

        // The way of a sample.
        room("Collect", ["Basics", "Bytes", "Carry", crypto]),
        room("Keep", ["Basics", "Bytes", "CRRD", collections, grdb]),
        room("Query", ["Basics", "Bytes"]),
        room("Reason", ["Algebra", "Basics", "Bytes", "Keep", "Query"]),
        room("Rehearse", ["Algebra", "Basics", "Bytes", "Carry", "Keep", "Reason"], unchecked),
        room("Send", ["Basics", "Bytes", "Carry", "Keep", "Reason", crypto]),
        room("Serve", floor + ["Collect", "Keep", "Query", "Reason", "Rehearse", "Send"]),

        // The programs.
        program("martlet", way + [arguments, logging]),
        program("martlet-bench", way),
        program("martlet-stress", ["Basics", "Bytes", "Carry", "Keep"]),

        // The tests, a target a room.
        tests("Algebra", ["Algebra"]),
        tests("Basics", ["Basics"]),
        tests("Bytes", ["Basics", "Bytes"]),
        tests("Carry", ["Basics", "Bytes", "Carry"]),
        tests("Collect", ["Basics", "Bytes", "Carry", "Collect"]),
        tests("Keep", ["Basics", "Bytes", "Keep", grdb]),
        tests("Query", ["Basics", "Bytes", "Query"], exclude: ["Cases"]),
        tests(
            "Reason", ["Algebra", "Basics", "Bytes", "Keep", "Query", "Reason"],
            exclude: ["Fixtures"]),
        tests(
            "Rehearse", floor + ["Keep", "Reason", "Rehearse"], exclude: ["Judge/Fixtures"]),
        tests("Send", ["Basics", "Bytes", "Carry", "Keep", "Reason", "Send"]),
        tests("Serve", way),
        tests("Tidy", []),
        tests("Agent", ["Basics", "Bytes", "Carry", "Keep"], exclude: ["Fixtures"]),
    ],
    swiftLanguageModes: [.v6]
)

func room(
    _ name: String, _ dependencies: [Target.Dependency], _ more: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + more)
}

func door(_ name: String, _ pkgConfig: String?, _ apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, exclude: exclude,
        swiftSettings: strict)
}
