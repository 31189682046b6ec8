// What two clouds of rows have to say about each other under the golden names: kernels, energy, means,
// Fréchet, Hotelling, KS per column with its corrections, reconstruction errors. For scripts that compare;
// the portfolio decides.

internal import Algebra
internal import Bytes
internal import Glibc

/// The most rows of both samples together whose distances are all computed: 3,000 are 72 MB.
let namedRowsMax = 3000

/// The statistics of two matrices of as many columns.
func namedStatistics(reference: Matrix, current: Matrix) -> [(key: String, value: JSON)] {
    func numbers(_ values: [Double]) -> JSON { .array(values.map { number($0) }) }
    let m = reference.rows
    let pooled = reference.stacked(on: current)
    var fields: [(key: String, value: JSON)] = []
    if pooled.rows <= namedRowsMax && min(m, current.rows) > 1 {
        let distances = squaredDistances(pooled, pooled)
        let median = medianSquaredDistance(distances)
        let gamma = median > 0 ? 1 / (2 * median) : 0
        let seen = kernelDiscrepancy(distances: distances, referenceCount: m, gamma: gamma)
        let fixed = kernelDiscrepancy(distances: distances, referenceCount: m, gamma: 0.05)
        fields += [
            ("median_squared_distance_pairs", number(median)), ("gamma_used", number(gamma)),
            ("mmd2_unbiased", number(seen.unbiased)), ("mmd2_biased", number(seen.biased)),
            ("mmd2_unbiased_gamma_fixed_0.05", number(fixed.unbiased)),
            ("energy_statistic_2Exy_Exx_Eyy_vstat", number(energy(distances, m))),
        ]
    }
    fields += namedMeans(reference, current)
    let p = (0..<reference.columns).map { column -> Double in
        let pair = SortedPair(reference: reference.column(column), current: current.column(column))
        let log = KolmogorovTwoSample.logAsymptoticTail(pair?.kolmogorov ?? 0, m, current.rows)
        return exp(min(log, 0))
    }
    fields += [
        ("ks_asymp_pvalues", numbers(p)),
        ("adjusted_bonferroni", numbers(Correction.bonferroni(p))),
        ("adjusted_holm", numbers(Correction.holm(p))),
        ("adjusted_benjamini_hochberg", numbers(Correction.benjaminiHochberg(p))),
        ("adjusted_benjamini_yekutieli", numbers(Correction.benjaminiYekutieli(p))),
    ]
    if let axes = try? PrincipalAxes(reference) {
        fields.append(
            (
                "pca_reconstruction_65pct",
                .object([
                    ("components", .number(axes.axes.rows)),
                    ("explained_variance_ratio", numbers(axes.shares)),
                    ("mean_error_ref", number(Moments(axes.errors(reference)).mean)),
                    ("mean_error_cur", number(Moments(axes.errors(current)).mean)),
                ])
            ))
    }
    return fields
}

/// 2 E|X − Y| − E|X − X'| − E|Y − Y'| over all pairs, a row with itself, too.
private func energy(_ distances: Matrix, _ m: Int) -> Double {
    var inside = 0.0
    var outside = 0.0
    var across = 0.0
    for i in 0..<distances.rows {
        for j in i + 1..<max(distances.rows, i + 1) {
            let distance = distances[i, j].squareRoot()
            if j < m {
                inside += distance
            } else if i >= m {
                outside += distance
            } else {
                across += distance
            }
        }
    }
    let a = Double(m)
    let b = Double(distances.rows - m)
    return 2 * across / (a * b) - 2 * inside / (a * a) - 2 * outside / (b * b)
}

/// Distances of the means, Fréchet's distance of the two normal laws, Hotelling's T².
private func namedMeans(_ reference: Matrix, _ current: Matrix) -> [(key: String, value: JSON)] {
    let first = reference.columnMeans
    let second = current.columnMeans
    let gap = zip(first, second).map { $0 - $1 }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let square = dot(gap, gap)
    var fields: [(key: String, value: JSON)] = [
        ("mean_embedding_euclidean", number(square.squareRoot())),
        (
            "mean_embedding_cosine_distance",
            number(1 - dot(first, second) / (dot(first, first) * dot(second, second)).squareRoot())
        ),
    ]
    let m = Double(reference.rows)
    let n = Double(current.rows)
    let size = Double(reference.columns)
    if m < 2 || n < 2 { return fields }
    let a = covariance(reference, first)
    let b = covariance(current, second)
    if let cross = rootTrace(a, b) {
        let trace = (0..<a.rows).reduce(0) { $0 + a[$1, $1] + b[$1, $1] }
        fields.append(("frechet_distance_squared", number(square + trace - 2 * cross)))
    }
    let freedom = m + n - size - 1
    if freedom > 0 {
        var pooled = a
        for index in pooled.values.indices {
            pooled.values[index] =
                ((m - 1) * a.values[index] + (n - 1) * b.values[index]) / (m + n - 2)
        }
        if let factor = try? Cholesky(pooled, ridge: 0) {
            let statistic = m * n / (m + n) * dot(gap, factor.solve(gap))
            let f = statistic * freedom / (size * (m + n - 2))
            fields.append(
                (
                    "hotelling_t2",
                    .object([
                        ("statistic", number(statistic)), ("F", number(f)),
                        ("pvalue", number(exp(FisherF.logTail(f, size, freedom)))),
                    ])
                ))
        }
    }
    return fields
}

/// With n − 1.
private func covariance(_ rows: Matrix, _ means: [Double]) -> Matrix {
    var result = rows.standardised(centre: means).gram
    let divisor = Double(rows.rows - 1)
    for index in result.values.indices { result.values[index] /= divisor }
    return result
}

/// tr (A B)^½ = Σ √λ of A^½ B A^½.
private func rootTrace(_ a: Matrix, _ b: Matrix) -> Double? {
    guard let eigen = try? SymmetricEigen(a) else { return nil }
    var scaled = eigen.vectors
    for row in 0..<scaled.rows {
        let root = max(eigen.values[row], 0).squareRoot()
        for column in 0..<scaled.columns { scaled[row, column] *= root }
    }
    // With A = V diag(λ) Vᵀ, the eigenvalues of diag(√λ) Vᵀ B V diag(√λ) are the same.
    let inner = Matrix.product(scaled * b, scaled, turningRight: true)
    guard let cross = try? SymmetricEigen(inner) else { return nil }
    return cross.values.reduce(0) { $0 + max($1, 0).squareRoot() }
}
