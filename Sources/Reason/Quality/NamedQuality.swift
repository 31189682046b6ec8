// Figures of quality under the names of the golden sets.

public import Bytes

/// The figures of a binary classifier.
public func namedQuality(_ quality: BinaryQuality) -> [(key: String, value: JSON)] {
    let counts = quality.confusion
    let table = [
        counts.trueNegatives, counts.falsePositives, counts.falseNegatives, counts.truePositives,
    ]
    return [
        ("threshold", number(quality.threshold)),
        ("confusion_tn_fp_fn_tp", .array(table.map { number($0) })),
        ("accuracy", number(counts.accuracy)),
        ("balanced_accuracy", number(counts.balancedAccuracy)),
        ("precision", number(counts.precision)), ("recall", number(counts.recall)),
        ("f1", number(counts.f1)), ("mcc", number(counts.matthews)),
        ("kappa", number(counts.kappa)), ("roc_auc", number(quality.receiverArea)),
        ("average_precision", number(quality.averagePrecision)),
        ("log_loss_clip_eps", number(quality.logLoss)), ("brier", number(quality.brier)),
        ("ece_10_equal_width", number(quality.calibrationError)),
        ("ks_statistic", number(quality.kolmogorov)),
    ]
}

/// The figures of a classifier of several classes.
public func namedQuality(_ quality: ManyClassQuality) -> [(key: String, value: JSON)] {
    var fields: [(key: String, value: JSON)] = [("accuracy", number(quality.accuracy))]
    for average in ManyClassQuality.Average.allCases {
        fields.append(("precision_\(average.rawValue)", number(quality.precision(average))))
        fields.append(("recall_\(average.rawValue)", number(quality.recall(average))))
        fields.append(("f1_\(average.rawValue)", number(quality.f1(average))))
    }
    if quality.scores != nil {
        fields.append(("roc_auc_ovr_macro", number(quality.areaOneAgainstRest)))
        fields.append(("roc_auc_ovo_macro", number(quality.areaOneAgainstOne)))
        fields.append(("log_loss", number(quality.logLoss)))
        fields.append(("top2_accuracy", number(quality.topAccuracy(2))))
    }
    fields.append(("mcc", number(quality.matthews)))
    let table = quality.confusion.map { JSON.array($0.map { .number($0) }) }
    fields.append(("confusion_matrix", .array(table)))
    return fields
}

/// The figures of predicted numbers.
public func namedQuality(_ quality: RegressionQuality) -> [(key: String, value: JSON)] {
    [
        ("mae", number(quality.meanAbsoluteError)), ("mse", number(quality.meanSquaredError)),
        ("rmse", number(quality.rootMeanSquaredError)),
        ("mape", number(quality.meanAbsolutePercentageError)),
        ("r2", number(quality.determination)), ("msle", number(quality.meanSquaredLogError)),
        ("median_ae", number(quality.medianAbsoluteError)),
        ("explained_variance", number(quality.explainedVariance)),
        ("pearson", number(quality.pearson)), ("spearman", number(quality.spearman)),
    ]
}

/// The estimates of a chunk without labels.
public func namedEstimates(_ estimates: ConfidenceEstimates) -> [(key: String, value: JSON)] {
    [
        ("roc_auc", number(estimates.receiverArea.value)), ("f1", number(estimates.f1.value)),
        ("precision", number(estimates.precision.value)),
        ("recall", number(estimates.recall.value)),
        ("specificity", number(estimates.specificity.value)),
        ("accuracy", number(estimates.accuracy.value)),
        ("average_precision", number(estimates.averagePrecision)),
    ]
}

/// A number, or null where JSON has none.
func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
