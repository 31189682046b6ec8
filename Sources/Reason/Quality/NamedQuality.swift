// Figures of quality under the names of the golden sets.

public import Bytes

/// The figures of a binary classifier.
public func namedQuality(_ quality: BinaryQuality) -> [(key: String, value: JSON)] {
    let counts = quality.confusion
    let table = [
        counts.trueNegatives, counts.falsePositives, counts.falseNegatives, counts.truePositives,
    ]
    return [
        ("threshold", figure(quality.threshold)),
        ("confusion_tn_fp_fn_tp", .array(table.map { figure($0) })),
        ("accuracy", figure(counts.accuracy)),
        ("balanced_accuracy", figure(counts.balancedAccuracy)),
        ("precision", figure(counts.precision)), ("recall", figure(counts.recall)),
        ("f1", figure(counts.f1)), ("mcc", figure(counts.matthews)),
        ("kappa", figure(counts.kappa)), ("roc_auc", figure(quality.receiverArea)),
        ("average_precision", figure(quality.averagePrecision)),
        ("log_loss_clip_eps", figure(quality.logLoss)), ("brier", figure(quality.brier)),
        ("ece_10_equal_width", figure(quality.calibrationError)),
        ("ks_statistic", figure(quality.kolmogorov)),
    ]
}

/// The figures of a classifier of several classes.
public func namedQuality(_ quality: ManyClassQuality) -> [(key: String, value: JSON)] {
    var fields: [(key: String, value: JSON)] = [("accuracy", figure(quality.accuracy))]
    for average in ManyClassQuality.Average.allCases {
        fields.append(("precision_\(average.rawValue)", figure(quality.precision(average))))
        fields.append(("recall_\(average.rawValue)", figure(quality.recall(average))))
        fields.append(("f1_\(average.rawValue)", figure(quality.f1(average))))
    }
    if quality.scores != nil {
        fields.append(("roc_auc_ovr_macro", figure(quality.areaOneAgainstRest)))
        fields.append(("roc_auc_ovo_macro", figure(quality.areaOneAgainstOne)))
        fields.append(("log_loss", figure(quality.logLoss)))
        fields.append(("top2_accuracy", figure(quality.topAccuracy(2))))
    }
    fields.append(("mcc", figure(quality.matthews)))
    let table = quality.confusion.map { JSON.array($0.map { .number($0) }) }
    fields.append(("confusion_matrix", .array(table)))
    return fields
}

/// The figures of predicted numbers.
public func namedQuality(_ quality: RegressionQuality) -> [(key: String, value: JSON)] {
    [
        ("mae", figure(quality.meanAbsoluteError)), ("mse", figure(quality.meanSquaredError)),
        ("rmse", figure(quality.rootMeanSquaredError)),
        ("mape", figure(quality.meanAbsolutePercentageError)),
        ("r2", figure(explained(quality.determination, quality))),
        ("msle", figure(quality.meanSquaredLogError)),
        ("median_ae", figure(quality.medianAbsoluteError)),
        ("explained_variance", figure(explained(quality.explainedVariance, quality))),
        ("pearson", figure(quality.pearson)), ("spearman", figure(quality.spearman)),
    ]
}

/// A share of a variance; where all true values are equal scikit-learn says 1 for no error at all, else 0.
private func explained(_ share: Double, _ quality: RegressionQuality) -> Double {
    share.isNaN && !quality.actual.isEmpty ? (quality.meanSquaredError == 0 ? 1 : 0) : share
}

/// The estimates of a chunk without labels.
public func namedEstimates(_ estimates: ConfidenceEstimates) -> [(key: String, value: JSON)] {
    [
        ("roc_auc", figure(estimates.receiverArea.value)), ("f1", figure(estimates.f1.value)),
        ("precision", figure(estimates.precision.value)),
        ("recall", figure(estimates.recall.value)),
        ("specificity", figure(estimates.specificity.value)),
        ("accuracy", figure(estimates.accuracy.value)),
        ("average_precision", figure(estimates.averagePrecision)),
    ]
}

/// A number, or null where JSON has none.
func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
