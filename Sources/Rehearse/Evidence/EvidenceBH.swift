// Many questions at once: e-BH (Wang, Ramdas 2022). Of m questions those k with the most evidence are
// answered for which each has at least m/(αk); the share of wrong ones among them is at most α under
// any dependence, and at any look. With one true finding it asks m/α of it.

internal import Glibc

/// Which of some questions have evidence enough.
///
/// - Parameters:
///   - logEvidence: ln of each question's evidence.
///   - level: α of the family.
///   - questionsMin: m is at least this, so that the first of many slices has no easier test than
///     the last.
/// - Returns: one flag a question.
public func discoveries(_ logEvidence: [Double], level: Double, questionsMin: Int = 1) -> [Bool] {
    let bar = evidenceBar(logEvidence, level: level, questionsMin: questionsMin)
    return logEvidence.map { $0 >= bar }
}

/// ln of the evidence from which on a question of the family counts as answered.
func evidenceBar(_ logEvidence: [Double], level: Double, questionsMin: Int) -> Double {
    let sorted = logEvidence.sorted(by: >)
    let questions = Double(max(logEvidence.count, questionsMin))
    var bar = log(questions / level)
    for (index, evidence) in sorted.enumerated() {
        let asked = log(questions / (level * Double(index + 1)))
        if evidence >= asked { bar = asked }
    }
    return bar
}
