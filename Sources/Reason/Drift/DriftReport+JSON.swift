// A look as JSON: verdict first, then every column with its statistics by the golden names.

internal import Basics
public import Bytes

extension DriftReport {
    /// The report with every statistic; the tables are needed for those that judgement does not keep.
    public func json(reference: DataTable, current: DataTable) -> JSON {
        var fields: [(key: String, value: JSON)] = [
            ("drifted", .bool(isDrifted)), ("pvalue", number(probability)),
            ("level_columns", number(columnsLevel)), ("level_portfolio", number(portfolioLevel)),
            ("reference_rows", .number(referenceCount)), ("current_rows", .number(currentCount)),
            ("drifted_columns", .array(drifted.map { .string($0.name) })),
            ("columns", .array(columns.map { $0.json(reference[$0.name], current[$0.name]) })),
        ]
        if let portfolio {
            fields.append(("portfolio", portfolio.json(portfolioColumns)))
            fields.append(
                (
                    "multivariate",
                    .object(
                        namedStatistics(
                            reference: reference.matrix(portfolioColumns).rows,
                            current: current.matrix(portfolioColumns).rows))
                ))
        }
        if let portfolioRefusal {
            fields.append(("portfolio_refused", .string(portfolioRefusal.key)))
        }
        fields.append(
            (
                "examples",
                .array(
                    examples.map {
                        .object([("row", .number($0.row)), ("witness", number($0.witness))])
                    })
            ))
        fields.append(("data_quality", .array(dataIssues.map(\.json))))
        if !segments.isEmpty {
            fields.append(
                (
                    "segments",
                    .array(
                        segments.map { value, report in
                            .object([
                                ("value", .string(value)), ("drifted", .bool(report.isDrifted)),
                                ("reference_rows", .number(report.referenceCount)),
                                ("current_rows", .number(report.currentCount)),
                                (
                                    "drifted_columns",
                                    .array(report.drifted.map { .string($0.name) })
                                ),
                            ])
                        })
                ))
        }
        return .object(fields)
    }
}

extension ColumnDrift {
    fileprivate func json(_ reference: DataColumn?, _ current: DataColumn?) -> JSON {
        var fields: [(key: String, value: JSON)] = [
            ("name", .string(name)), ("kind", .string(kind.rawValue)),
            ("drifted", .bool(isDrifted)),
        ]
        if let probability = comparison.probability {
            fields.append(("pvalue", number(probability.value)))
            fields.append(("log_pvalue", number(probability.log)))
        }
        if let adjusted { fields.append(("adjusted_benjamini_hochberg", number(adjusted))) }
        fields.append(("direction", .string(direction.key)))
        if let classifierShare { fields.append(("classifier_share", number(classifierShare))) }
        if let reconstructionShare {
            fields.append(("reconstruction_share", number(reconstructionShare)))
        }
        switch comparison {
        case .numeric(let drift):
            fields.append(("ks_method", .string(drift.kolmogorovMethod.rawValue)))
            fields.append(("psi_sized", drift.stability.json))
            fields.append(("js_sized", drift.jensenShannon.json))
            fields.append(("wasserstein_relative_sized", drift.wassersteinRelative.json))
            if let a = reference?.numbers, let b = current?.numbers,
                let pair = SortedPair(
                    reference: a.filter(\.isFinite), current: b.filter(\.isFinite))
            {
                fields += namedStatistics(pair)
            }
        case .categorical(let drift):
            fields.append(("new_categories", .array(drift.newCategories.map { .string($0) })))
            fields.append(("gone_categories", .array(drift.goneCategories.map { .string($0) })))
            fields.append(("permuted", .bool(drift.isPermuted)))
            fields += namedStatistics(drift)
        case .text(let drift):
            let lengths = drift.numeric.map { one in
                (
                    key: one.name,
                    value: JSON.object([
                        ("pvalue", number(one.drift.probability.value)),
                        ("reference_mean", number(one.drift.referenceMean)),
                        ("current_mean", number(one.drift.currentMean)),
                    ])
                )
            }
            let checks = drift.categorical.map { one in
                (
                    key: one.name,
                    value: JSON.object(
                        [("pvalue", number(one.drift.probability.value))]
                            + namedStatistics(one.drift))
                )
            }
            fields.append(("descriptors", .object(lengths + checks)))
            if let vectors = drift.embedding { fields.append(("embedding", vectors.json)) }
        case .embedding(let drift): fields.append(("embedding", drift.json))
        case .noData: fields.append(("refused", .string("no value on one side")))
        case .kindsDiffer: fields.append(("refused", .string("the kinds differ")))
        }
        return .object(fields)
    }
}

extension EmbeddingDrift {
    fileprivate var json: JSON {
        let names = (0..<dimensions).map { "\($0)" }
        return .object([
            ("dimensions", .number(dimensions)), ("portfolio", result.json(names)),
            (
                "examples",
                .array(
                    examples.map {
                        .object([("row", .number($0.row)), ("witness", number($0.witness))])
                    })
            ),
        ])
    }
}

extension SizedEffect {
    var json: JSON {
        .object([
            ("value", number(value)), ("threshold", number(threshold)),
            ("pvalue", number(probability.value)),
        ])
    }
}

extension PortfolioResult {
    fileprivate func json(_ names: [String]) -> JSON {
        let tests = PortfolioTest.allCases.enumerated().map { index, test in
            (
                key: test.rawValue,
                value: JSON.object([
                    ("pvalue", number(probabilities[index].value)),
                    ("adjusted_holm", number(adjusted[index])),
                ])
            )
        }
        return .object([
            ("pvalue", number(probability)), ("columns", .array(names.map { .string($0) })),
            ("tests", .object(tests)), ("mmd2_unbiased_4_bandwidths", number(kernel.statistic)),
            ("classifier_roc_auc", number(classifier.area)),
            ("pca_components", .number(reconstruction.components)),
            ("pca_mean_error_held_back", number(reconstruction.heldBackError)),
            ("pca_mean_error_current", number(reconstruction.currentError)),
        ])
    }
}

extension DataIssue {
    var json: JSON {
        .object([
            ("kind", .string(kind.rawValue)), ("column", .string(column)),
            ("reference_share", number(referenceShare)), ("current_share", number(currentShare)),
            ("pvalue", number(probability.value)),
            ("examples", .array(examples.map { .string($0) })),
        ])
    }
}
