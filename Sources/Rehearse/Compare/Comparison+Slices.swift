// The parts of the traffic that a pair belongs to: those it came with, those of the configuration,
// and for texts the length of the request. Values are short names; long ones are cut, because a
// slice is for showing.

internal import Bytes

extension Comparison {
    private static let valueLengthMax = 40

    func slices(_ pair: Pair, _ dialect: Dialect) -> [Slice] {
        var slices = pair.slices
        let body = options.slices.isEmpty ? nil : try? JSON(pair.request.body)
        for rule in options.slices {
            if let value = value(rule.source, pair.request, body), !value.isEmpty {
                slices.append(Slice(rule.name, String(value.prefix(Self.valueLengthMax))))
            }
        }
        if dialect.isText {
            slices.append(Slice("prompt", Self.size(pair.request.body.count)))
        }
        return slices
    }

    private func value(
        _ source: SliceRule.Source, _ request: CapturedRequest, _ body: JSON?
    ) -> String? {
        switch source {
        case .header(let name): request[header: name]
        case .query(let name):
            request.path.split(separator: "?", maxSplits: 1).dropFirst().first?
                .split(separator: "&").lazy.map { $0.split(separator: "=", maxSplits: 1) }
                .first { $0.first == Substring(name) }?.dropFirst().first.map(String.init)
        case .body(let path): body.flatMap { path.values(in: $0).first }.map(Reply.name)
        }
    }

    /// Bytes of the request in steps of eight.
    private static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<512: "short"
        case ..<4_096: "medium"
        case ..<32_768: "long"
        default: "very long"
        }
    }
}
