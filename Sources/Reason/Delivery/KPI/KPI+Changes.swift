// Figures of change requests: the four phases, throughput, size, reviews (delivery facts B1 rows 7
// to 11). Draft time is coding, self-comments and bots are no reviews, a missing phase is missing
// and not 0.

internal import Basics

extension KPIDefinition {
    static let changes: [KPIDefinition] = [
        KPIDefinition("commits", .count, .count) { state, now in state.humanCommits(now) },
        KPIDefinition("changes_merged", .count, .count, .higher) { state, now in
            state.merged(now) { _, _ in .value(1) }
        },
        KPIDefinition("change_size_lines", .lines, .median, .lower) { state, now in
            state.merged(now) { change, _ in
                guard let added = change.linesAdded, let deleted = change.linesDeleted else {
                    return .left("no_size")
                }
                return .value(Double(added + deleted))
            }
        },
        KPIDefinition("pr_coding_hours", .hours, .median, .lower) { state, now in
            state.merged(now) { change, _ in span(change.firstCommit, change.ready ?? change.opened)
            }
        },
        KPIDefinition("pr_pickup_hours", .hours, .median, .lower) { state, now in
            state.merged(now) { change, _ in
                if change.opened == nil { return .left("no_reviews_known") }
                guard let first = change.firstReview else { return .left("merged_unreviewed") }
                return span(change.ready ?? change.opened, first.time)
            }
        },
        KPIDefinition("pr_review_hours", .hours, .median, .lower) { state, now in
            state.merged(now) { change, _ in
                if change.opened == nil { return .left("no_reviews_known") }
                guard let first = change.firstReview else { return .left("merged_unreviewed") }
                return span(first.time, change.merged)
            }
        },
        KPIDefinition("pr_deploy_hours", .hours, .median, .lower) { state, now in
            state.merged(now) { change, deployed in
                if state.reach.beforeFirst.contains(change.key) { return .left("first_deployment") }
                guard let deployed, deployed <= now else { return .left("not_deployed_yet") }
                return span(change.merged, deployed)
            }
        },
        KPIDefinition("pr_cycle_hours", .hours, .median, .lower) { state, now in
            state.merged(now) { change, deployed in
                if state.reach.beforeFirst.contains(change.key) { return .left("first_deployment") }
                guard let deployed, deployed <= now else { return .left("not_deployed_yet") }
                guard let first = change.firstCommit else { return .left("no_first_commit") }
                if first > change.opened ?? first { return .left("negative_span") }
                return span(first, deployed)
            }
        },
        KPIDefinition("first_response_hours", .hours, .median, .lower) { state, now in
            state.firstResponses(now)
        },
        KPIDefinition("unreviewed_merge_share", .share, .share, .lower) { state, now in
            state.merged(now) { change, _ in
                change.opened == nil
                    ? .left("no_reviews_known") : .value(change.firstReview == nil ? 1 : 0)
            }
        },
        KPIDefinition("approved_merge_share", .share, .share, .higher) { state, now in
            state.merged(now) { change, _ in
                change.opened == nil
                    ? .left("no_reviews_known") : .value(change.isApproved ? 1 : 0)
            }
        },
        KPIDefinition("review_comments", .perItem, .mean) { state, now in
            state.merged(now) { change, _ in
                change.opened == nil
                    ? .left("no_reviews_known") : .value(Double(change.commentCount))
            }
        },
        KPIDefinition("review_rounds", .perItem, .mean) { state, now in
            state.merged(now) { change, _ in
                change.opened == nil ? .left("no_reviews_known") : .value(Double(change.rounds))
            }
        },
    ]
}

/// What one change adds to a figure.
enum ChangeShare {
    case value(Double)
    case left(String)
}

/// The hours between two moments; missing and negative spans are left out.
private func span(_ from: Millis?, _ to: Millis?) -> ChangeShare {
    guard let from, let to else { return .left("missing_time") }
    return to < from ? .left("negative_span") : .value(hours(to - from))
}

extension ChangeRequest {
    /// The first answer by another human between ready and merge.
    public var firstReview: CodeReview? {
        let from = ready ?? opened ?? .min
        return humanReviews.first { $0.time >= from && $0.time <= merged ?? .max }
    }

    /// A human approved before the merge; approvals after it come too late.
    public var isApproved: Bool {
        humanReviews.contains { $0.state == "approved" && $0.time <= merged ?? .max }
    }

    var commentCount: Int {
        humanReviews.filter { $0.time <= merged ?? .max }
            .reduce(0) { $0 + max($1.comments, $1.state == "commented" ? 1 : 0) }
    }

    /// Runs of answers with a push between them.
    var rounds: Int {
        var rounds = 0
        var last: Millis?
        for review in humanReviews where review.time <= merged ?? .max {
            if let previous = last {
                if pushes.contains(where: { $0 > previous && $0 <= review.time }) { rounds += 1 }
            } else {
                rounds = 1
            }
            last = review.time
        }
        return rounds
    }
}

extension DeliveryState {
    /// A row for each merged change of a human.
    func merged(
        _ now: Millis, _ measure: (ChangeRequest, Millis?) -> ChangeShare
    ) -> KPIMaterial {
        var material = KPIMaterial()
        for change in changes.values {
            guard let merged = change.merged, merged <= now else { continue }
            func left(_ reason: String) -> KPIExclusion {
                KPIExclusion(id: change.key, at: merged, place: change.place, reason: reason)
            }
            if change.isBot {
                material.excluded.append(left("bot"))
                continue
            }
            switch measure(change, reach.arrival[change.key]) {
            case .left("not_deployed_yet"): material.open.append(left("not_deployed_yet"))
            case .left(let reason): material.excluded.append(left(reason))
            case .value(let value):
                material.rows.append(
                    KPIEvidence(id: change.key, at: merged, value: value, place: change.place))
            }
        }
        return material
    }

    /// A row for each commit of a human that is no merge: what a history has in any case.
    func humanCommits(_ now: Millis) -> KPIMaterial {
        var material = KPIMaterial()
        for (key, commit) in commits where commit.committed <= now {
            if commit.isBot || commit.isMerge {
                material.excluded.append(
                    KPIExclusion(
                        id: key, at: commit.committed, place: commit.place,
                        reason: commit.isBot ? "bot" : "merge_commit"))
            } else {
                material.rows.append(
                    KPIEvidence(id: key, at: commit.committed, value: 1, place: commit.place))
            }
        }
        return material
    }

    /// From ready to the first answer of another human, merged or not.
    func firstResponses(_ now: Millis) -> KPIMaterial {
        var material = KPIMaterial()
        for change in changes.values where !change.isBot {
            guard let opened = change.ready ?? change.opened, opened <= now else { continue }
            if let first = change.humanReviews.first(where: { $0.time >= opened && $0.time <= now })
            {
                material.rows.append(
                    KPIEvidence(
                        id: change.key, at: first.time, value: hours(first.time - opened),
                        place: change.place, links: [first.id]))
            } else if change.merged == nil && change.closed == nil {
                material.open.append(
                    KPIExclusion(
                        id: change.key, at: opened, place: change.place, reason: "no_answer_yet"))
            }
        }
        return material
    }
}
