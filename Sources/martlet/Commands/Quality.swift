// `martlet quality`: how good predictions are, from a CSV file, with the code that the agent runs. Rows
// without labels are estimated from their scores when enough labelled rows say how far to trust them.

import ArgumentParser
import Basics
import Bytes
import Foundation
import Reason

struct Quality: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge the predictions in a CSV file, with labels or, for scores, without.",
        discussion: """
            martlet quality predictions.csv                    columns y and p, or label and score
            martlet quality predictions.csv --label truth --score proba --segment country
            martlet quality today.csv --reference labelled.csv    estimate without labels

            Without labels, scores of two classes are estimated by their confidence (CBPE), predicted
            numbers by the losses that a fit on the reference expects (DLE); the estimate is switched
            off, in words, when the rows leave what it was fitted on.
            """)

    @Argument(help: "The CSV file.") var file: String
    @Option(help: "The column of true labels or values.") var label: String?
    @Option(help: "The column of scores (probability of class 1) or predicted numbers.")
    var score: String?
    @Option(help: "The column of predicted classes.") var prediction: String?
    @Option(help: "Scores from here on are class 1.") var threshold = 0.5
    @Option(help: "Judge per value of this column, too.") var segment: String?
    @Option(help: "Labelled predictions to estimate unlabelled ones from.") var reference: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let table = try readTable(file)
        if table.rowCount == 0 { throw failure("\(file) has a header and no rows") }
        let fields: [(key: String, value: JSON)]
        if let reference {
            fields = try estimated(table, from: try readTable(reference))
        } else {
            fields = try judged(table)
        }
        if json {
            print(String(decoding: JSON.object(fields).encoded, as: UTF8.self))
        } else {
            for (name, value) in fields { print("\(name)  \(plain(value))") }
        }
    }

    private func judged(_ table: DataTable) throws -> [(key: String, value: JSON)] {
        let columns = PredictionsColumns(
            table, label: label, score: score, prediction: prediction)
        do {
            var fields = try judgePredictions(table, columns: columns, threshold: threshold).named
            fields.insert(("rows", .number(table.rowCount)), at: 0)
            if let segment {
                guard let column = table[segment] else { throw failure("no column \"\(segment)\"") }
                fields.append(("segments", .array(segments(table, column, columns))))
            }
            return fields
        } catch let error as PredictionsError {
            throw failure("\(file): \(error.description)")
        }
    }

    private func segments(
        _ table: DataTable, _ column: DataColumn, _ columns: PredictionsColumns
    ) -> [JSON] {
        let values = Set((0..<column.count).compactMap { column.text($0) }).sorted()
        // More values than this are identifiers, not segments.
        return values.prefix(50).map { value in
            let rows = (0..<column.count).filter { column.text($0) == value }
            let part = table.selecting(rows)
            let named =
                (try? judgePredictions(part, columns: columns, threshold: threshold))?.named ?? []
            return .object([("value", .string(value)), ("rows", .number(rows.count))] + named)
        }
    }

    private func estimated(
        _ table: DataTable, from labelled: DataTable
    ) throws -> [(key: String, value: JSON)] {
        let known = PredictionsColumns(labelled, label: label, score: score, prediction: prediction)
        let asked = PredictionsColumns(table, label: label, score: score, prediction: prediction)
        let found: EstimatedPredictions
        do {
            found = try estimatePredictions(
                table, from: labelled, columns: asked, referenceColumns: known,
                threshold: threshold)
        } catch {
            throw failure("\(file): \(error.description)")
        }
        var fields: [(key: String, value: JSON)] = [("rows", .number(found.count))]
        switch found.validity {
        case .valid: fields.append(("validity", .string("valid")))
        case .doubtful(let phrase):
            fields.append(("validity", .string("doubtful")))
            fields.append(("reason", .string(Words().text(phrase))))
        case .invalid(let phrase):
            fields.append(("validity", .string("invalid")))
            fields.append(("reason", .string(Words().text(phrase))))
        }
        return fields + found.named
    }

    private func plain(_ value: JSON) -> String {
        if let number = value.double { return String(format: "%.6g", number) }
        return value.text ?? String(decoding: value.encoded, as: UTF8.self)
    }
}
