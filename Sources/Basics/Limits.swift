// Everything has a limit. Each one here has a name, a reason, and a counter
// (`martlet_limit_refusals_total{limit="…"}`) that says how often it bit.

/// Limits that are not worth a setting; those that are worth one are defaults of the configuration.
public enum Limits {
    /// Steps of one regular-expression match: a hostile pattern costs about 10 ms, an honest one
    /// needs hundreds.
    public static let patternSteps = 1_000_000
    /// Depth of one match: bounds its memory to a few MB.
    public static let patternDepth = 10_000
    /// Literal texts that a pattern is expanded to before it is left to PCRE2.
    public static let patternAlternatives = 256
    /// Bytes of a request's body: the largest honest remote write is under 2 MB, an event under 1 MB.
    public static let bodyBytesMax = 32 << 20
    /// The decompressed message of one request of remote write.
    public static let remoteWriteBytesMax = 64 << 20
    /// Bytes of an exposition, decompressed, unless the job says otherwise.
    public static let scrapeBytesMax = 256 << 20
    /// Series in the head: at about 600 bytes each a full head takes some 1.2 GB.
    public static let seriesMax = 2_000_000
    /// Labels of one series; Prometheus' own users stay under 40.
    public static let labelsPerSeriesMax = 128
    /// Bytes of one label's name or value: longer ones are texts, and belong in a log.
    public static let labelBytesMax = 8_192
    /// How far ahead of the clock a sample may be: clocks of one site differ by seconds.
    public static let aheadMillisMax: Millis = 300_000
    /// Bytes of one log line; the rest is cut and the cut is marked.
    public static let lineBytesMax = 64 << 10
    /// Open connections of the HTTP server: one thread set serves them all, the descriptors count.
    public static let connectionsMax = 512
    /// Slow requests that wait for a worker before the server answers 503.
    public static let waitingRequestsMax = 256
    /// Depth of nested values in JSON: what people send is under 20 deep.
    public static let jsonDepthMax = 128
}
