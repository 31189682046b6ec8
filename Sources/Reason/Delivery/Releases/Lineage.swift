// Traceability: model version, code commit, data version, build, deployment, release, incident and
// feedback as one graph, so that the question "what belongs to this" can be asked from any end
// (delivery facts A2 row 19).

internal import Basics

/// A thing in the graph.
public struct LineageNode: Sendable, Hashable, Comparable {
    /// What kind of thing.
    public enum Kind: String, Sendable, CaseIterable {
        case item, change, commit, build, test, release, deployment, model, data, incident, feedback
        case training
    }

    public var kind: Kind
    public var id: String

    public init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }

    public static func < (left: LineageNode, right: LineageNode) -> Bool {
        (left.kind.rawValue, left.id) < (right.kind.rawValue, right.id)
    }
}

/// What belongs together, both ways.
public struct Lineage: Sendable, Equatable {
    public private(set) var edges: [LineageNode: Set<LineageNode>] = [:]

    mutating func link(_ left: LineageNode, _ right: LineageNode) {
        if left.id.isEmpty || right.id.isEmpty { return }
        edges[left, default: []].insert(right)
        edges[right, default: []].insert(left)
    }

    /// Everything within some steps of a thing, by its distance.
    ///
    /// Few steps: the answer is the neighbourhood, not the whole history.
    public func around(_ node: LineageNode, steps: Int = 3) -> [(node: LineageNode, distance: Int)]
    {
        var distance = [node: 0]
        var front = [node]
        for step in stride(from: 1, through: steps, by: 1) {
            var next: [LineageNode] = []
            for known in front {
                for other in edges[known] ?? [] where distance[other] == nil {
                    distance[other] = step
                    next.append(other)
                }
            }
            front = next
        }
        return distance.map { ($0.key, $0.value) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
    }
}

extension DeliveryState {
    /// The graph of everything known.
    public var lineage: Lineage {
        var graph = Lineage()
        for row in counted.rows {
            let node = LineageNode(.deployment, row.key)
            for part in row.parts { graph.link(node, LineageNode(.commit, part.sha)) }
            graph.link(node, LineageNode(.release, row.version))
        }
        for release in releases.values {
            let node = LineageNode(.release, release.version)
            graph.link(node, LineageNode(.commit, release.sha))
            graph.link(node, LineageNode(.model, release.model))
            graph.link(node, LineageNode(.data, release.dataVersion))
        }
        for build in builds.values {
            graph.link(LineageNode(.build, build.key), LineageNode(.commit, build.sha))
        }
        for run in testRuns {
            graph.link(LineageNode(.test, run.id), LineageNode(.commit, run.sha))
        }
        for change in changes.values {
            let node = LineageNode(.change, change.key)
            graph.link(node, LineageNode(.commit, change.mergeSha ?? ""))
            if let key = reach.deploymentOfChange[change.key] {
                graph.link(node, LineageNode(.deployment, key))
            }
        }
        for (key, link) in incidentLinks {
            graph.link(LineageNode(.incident, key), LineageNode(.deployment, link.deployment ?? ""))
        }
        for answer in feedback {
            let node = LineageNode(.feedback, answer.id)
            graph.link(node, LineageNode(.release, answer.version))
            graph.link(node, LineageNode(.model, answer.model))
        }
        for run in trainingRuns {
            graph.link(LineageNode(.training, run.run), LineageNode(.model, run.model))
        }
        return graph
    }
}
