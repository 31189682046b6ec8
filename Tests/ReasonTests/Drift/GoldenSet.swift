// The golden set of ../shared/data/drift-golden: its cases, its inputs, and the comparison of a tree of
// ours with a tree of theirs within the tolerances that its README suggests.

import Basics
import Bytes
import Foundation
import Testing

struct GoldenCase: CustomTestStringConvertible, Sendable {
    let id: String
    let kind: String
    let inputs: [String: String]
    let expected: JSON

    var testDescription: String { id }

    /// The columns of an input by name; an empty field is NaN.
    func numbers(_ input: String) throws -> [String: [Double]] {
        try texts(input).mapValues { $0.map { $0.isEmpty ? .nan : Double($0) ?? .nan } }
    }

    func texts(_ input: String) throws -> [String: [String]] {
        let text = try readText(goldenFolder + "/" + (inputs[input] ?? ""))
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        let names = lines[0].split(separator: ",").map(String.init)
        var columns: [[String]] = Array(repeating: [], count: names.count)
        for line in lines.dropFirst() {
            for (index, field) in line.split(separator: ",", omittingEmptySubsequences: false)
                .enumerated()
            {
                columns[index].append(String(field))
            }
        }
        return Dictionary(uniqueKeysWithValues: zip(names, columns))
    }

    /// The columns in the order of the header.
    func rows(_ input: String) throws -> [[Double]] {
        let columns = try numbers(input)
        let text = try readText(goldenFolder + "/" + (inputs[input] ?? ""))
        let names = (text.split(separator: "\n").first ?? "").split(separator: ",").map(String.init)
        return names.map { columns[$0] ?? [] }
    }
}

let goldenFolder = dataFolder + "/drift-golden"

let goldenCases: [GoldenCase] = {
    guard let text = try? readText(goldenFolder + "/cases.json"), let root = try? JSON(text: text)
    else { return [] }
    return (root["cases"]?.items ?? []).map { item in
        var inputs: [String: String] = [:]
        for (name, path) in item["inputs"]?.fields ?? [] { inputs[name] = path.text }
        return GoldenCase(
            id: item["id"]?.text ?? "", kind: item["kind"]?.text ?? "", inputs: inputs,
            expected: item["expected"] ?? .null)
    }
}()

func goldenCases(_ kind: String) -> [GoldenCase] { goldenCases.filter { $0.kind == kind } }

/// The places where ours differs from theirs, and how many numbers were compared.
///
/// Keys that ours does not have are passed over; `pvalue` and adjusted values have tolerances of
/// their own.
func differences(
    _ ours: JSON, _ theirs: JSON, path: String = "", compared: inout Int
) -> [String] {
    switch (ours, theirs) {
    case (.object(let fields), .object):
        var found: [String] = []
        for (key, value) in fields {
            guard let other = theirs[key] else { continue }
            found += differences(value, other, path: path + "/" + key, compared: &compared)
        }
        return found
    case (.array(let items), .array(let others)):
        if items.count != others.count {
            return ["\(path): \(items.count) items, \(others.count) expected"]
        }
        return zip(items, others).enumerated().flatMap {
            differences($1.0, $1.1, path: path + "/\($0)", compared: &compared)
        }
    case (.number, .number):
        compared += 1
        let a = ours.double ?? .nan
        let b = theirs.double ?? .nan
        let isProbability = path.hasSuffix("pvalue") || path.contains("pvalues")
        let relative = isProbability ? 1e-7 : 1e-9
        if isProbability && b < 1e-250 { return a < 1e-240 ? [] : ["\(path): \(a), \(b) expected"] }
        // SciPy's asymptotic p-value of Cramér and von Mises is 1 − cdf and carries the rounding of the 1;
        // over 200 made samples it strayed by up to 3e-15 from tails that are summed as such.
        let rounding = path.hasSuffix("/cramer_von_mises_asymp/pvalue") ? 4e-15 : 0
        return abs(a - b) <= max(relative * abs(b), isProbability ? rounding : 1e-12)
            ? [] : ["\(path): \(a), \(b) expected"]
    default:
        compared += 1
        return ours == theirs ? [] : ["\(path): \(ours), \(theirs) expected"]
    }
}
