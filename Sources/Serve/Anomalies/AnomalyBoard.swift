// What the watch over series knows at present, as the pages see it: written by the loop after every
// round, read by any number of requests.

internal import Algebra
public import Basics
public import Reason

/// The newest state of the watch.
public struct AnomalySnapshot: Sendable {
    /// One series under watch.
    public struct Row: Sendable {
        public var labels: Labels
        public var service: String
        public var interval: Millis
        /// Its rise per second is judged.
        public var isCounter: Bool
        public var time: Millis?
        public var value: Double?
        public var reading: AnomalyReading?
        public var unusualSince: Millis?

        public init(_ series: WatchedSeries) {
            labels = series.labels
            service = series.service
            interval = series.interval
            isCounter = series.isCounter
            time = series.time
            value = series.value
            reading = series.reading
            unusualSince = series.unusualSince
        }
    }

    /// One group's newest judgement.
    public struct Group: Sendable {
        public var service: String
        public var interval: Millis
        public var columns: Int
        public var axes: Int
        public var moments: Int
        public var trainedAt: Millis
        public var score: Double?
        /// The second opinion, when a network was trained.
        public var networkScore: Double?
        public var leading: [Labels]

        public init(_ group: GroupWatch, values: [Labels: Double]) {
            service = group.service
            interval = group.interval
            columns = group.columns.count
            axes = group.axes.axes.rows
            moments = group.moments
            trainedAt = group.trainedAt
            let judged = group.judge(values)
            score = judged?.axes.score
            networkScore = judged?.network?.score
            leading = judged.map { group.leading($0.axes) } ?? []
        }
    }

    public var at: Millis
    public var rows: [Row]
    public var groups: [Group]
    public var episodes: [Episode]
    /// Series that the limit kept out.
    public var refused: Int
    /// Series whose past is still to be learnt.
    public var learning: Int

    public init(
        at: Millis, rows: [Row], groups: [Group], episodes: [Episode], refused: Int, learning: Int
    ) {
        self.at = at
        self.rows = rows
        self.groups = groups
        self.episodes = episodes
        self.refused = refused
        self.learning = learning
    }
}

/// Where the loop leaves its snapshot.
public final class AnomalyBoard: Sendable {
    private let newest = Lock<AnomalySnapshot?>(nil)

    public init() {}

    /// Nil before the first round, and for ever when the watch is off.
    public var snapshot: AnomalySnapshot? { newest.withLock { $0 } }

    public func set(_ snapshot: AnomalySnapshot) { newest.withLock { $0 = snapshot } }
}
