// One entry of the configuration's `logs`:
//
//     logs:
//       - source: app                    # the value of the label `source`
//         paths: [/var/log/app/*.log]    # wildcards * ? [a-z] **; compressed files are left out
//         exclude: [/var/log/app/debug*.log]
//         labels: {team: search}         # more labels for each line
//         from: end                      # where to begin in files that are there at first sight
//         multiline: true                # a line that begins with a space continues the one before
//         level: info                    # for lines that name none
//         utc_offset: "+08:00"           # of times that name no zone

public import Basics
public import Bytes

/// Files to follow.
public struct LogSourceConfig: Sendable, Equatable {
    public enum Start: String, Sendable {
        /// What is in a file when it is seen for the first time is passed over, as `tail -F` does;
        /// a file that appears later is read from its start. The default: a first start should not
        /// count last month's errors as today's.
        case end
        /// Files are read from their start.
        case start
    }

    public var source: String
    public var paths: [String]
    public var exclude: [String] = []
    public var labels = Labels.empty
    public var from = Start.end
    public var multiline = false
    /// The level of lines that name none.
    public var level = Severity.unknown
    /// What times without a zone are ahead of UTC.
    public var utcOffsetMillis: Millis = 0

    public init(source: String, paths: [String]) {
        self.source = source
        self.paths = paths
    }

    /// Reads one entry; faults are reported to the section's problems.
    public init(section: Section) {
        self.init(
            source: section.string("source") ?? "", paths: section.strings("paths") ?? [])
        if source.isEmpty { section.error("source", "a source needs a name") }
        if paths.isEmpty {
            section.error("paths", "name at least one file, such as /var/log/app/*.log")
        }
        exclude = section.strings("exclude") ?? []
        let pairs = section.texts("labels") ?? []
        for pair in pairs where !isLegacyLabelName(pair.key) || pair.key.hasPrefix("__") {
            section.error("labels", "\(quoted(pair.key)) is not a label name")
        }
        for pair in pairs where pair.key == "source" || pair.key == "file" {
            section.error("labels", "\(pair.key) is set by Martlet")
        }
        labels = Labels(pairs.map { ($0.key, $0.value) })
        if let text = section.string("from") {
            if let start = Start(rawValue: text) {
                from = start
            } else {
                section.error("from", "must be end or start")
            }
        }
        multiline = section.bool("multiline") ?? false
        if let text = section.string("level") {
            if let level = Severity(name: text) {
                self.level = level
            } else {
                section.error("level", "must be trace, debug, info, warn, error or fatal")
            }
        }
        if let text = section.string("utc_offset") {
            if let offset = LogSourceConfig.offset(text) {
                utcOffsetMillis = offset
            } else {
                section.error("utc_offset", "must be such as \"+08:00\", in quotes")
            }
        }
        section.finish()
    }

    /// Reads all entries of the configuration's `logs`; two sources must not share a name.
    public static func read(_ sections: [Section]) -> [LogSourceConfig] {
        var names: Set<String> = []
        return sections.map { section in
            let config = LogSourceConfig(section: section)
            if !config.source.isEmpty, !names.insert(config.source).inserted {
                section.error("source", "\(quoted(config.source)) is used twice")
            }
            return config
        }
    }

    private static func offset(_ text: String) -> Millis? {
        if text == "Z" { return 0 }
        guard let time = parseRFC3339("1970-01-01T00:00:00" + text), text.count >= 5 else {
            return nil
        }
        return -time
    }
}
