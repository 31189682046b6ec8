// Texts: the same by words, near by ROUGE-L and by meaning, of the form that was asked for, in the
// language of the question, no refusal, tool calls that can be carried out. Each is measured for both
// sides by the same rule, so that a pair of equal models is a fair coin.

internal import Bytes
internal import Glibc
internal import Reason

extension Comparison {
    func compareTexts(
        _ sides: Sides, _ request: CapturedRequest, _ meaning: Double?,
        _ outcome: inout PairOutcome
    ) {
        let (a, b) = (sides.primary.reply, sides.candidate.reply)
        let asked = Asked(request.body, schema: options.schema)
        // What was said alike is taken apart once, and only for a second copy that said it otherwise.
        let isTaken = !sides.areEqual || (sides.second != nil && !sides.isSecondEqual)
        let words = isTaken ? textTokens(a.text ?? "") : []
        let others = sides.areEqual ? words : textTokens(b.text ?? "")
        let isSame = sides.areEqual || words == others && a.toolCalls == b.toolCalls
        outcome.readings.append(
            .difference(.agreement, primary: 1, candidate: isSame ? 1 : 0))
        let nearness = sides.areEqual ? 1 : rougeL(words, others)
        outcome.readings.append(.nearness(.similarity, nearness))
        if let second = sides.second?.reply {
            let own = sides.isSecondEqual ? 1 : rougeL(words, textTokens(second.text ?? ""))
            outcome.readings.append(.difference(.excess, primary: own, candidate: nearness))
        }
        if let meaning { outcome.readings.append(.nearness(.cosine, meaning)) }
        let isFormed = asked.isFormed(a)
        outcome.readings.append(
            .difference(
                .format, primary: isFormed ? 1 : 0,
                candidate: (sides.areEqual ? isFormed : asked.isFormed(b)) ? 1 : 0))
        if !a.toolCalls.isEmpty || !b.toolCalls.isEmpty {
            outcome.readings.append(
                .difference(
                    .tools, primary: asked.canCall(a) ? 1 : 0,
                    candidate: asked.canCall(b) ? 1 : 0))
        }
        let left = TextDescriptors(a.text ?? "")
        let right = sides.areEqual ? left : TextDescriptors(b.text ?? "")
        outcome.readings.append(
            .difference(
                .refusal, primary: left.isRefusal ? 0 : 1, candidate: right.isRefusal ? 0 : 1))
        let language = TextDescriptors.language(of: asked.question)
        if language != .none && !left.isEmpty && !right.isEmpty {
            outcome.readings.append(
                .difference(
                    .language, primary: left.language == language ? 1 : 0,
                    candidate: right.language == language ? 1 : 0))
            outcome.slices.append(Slice("language", language.rawValue))
        }
        if let length = Reading.ratio(
            .length, primary: Double(left.characters), candidate: Double(right.characters))
        {
            outcome.readings.append(length)
        }
    }

    /// A time of which more than this share may be our own waiting says nothing: half a usual margin.
    private static let heldMax = 0.05

    func compareSpeed(_ sides: Sides, _ outcome: inout PairOutcome) {
        let (a, b) = (sides.primary.answer.timing, sides.candidate.answer.timing)
        let ballast = max(options.ballastSeconds, 0)
        if [a, b].contains(where: { $0.held > Self.heldMax * ($0.total + ballast) }) {
            outcome.isUntimed = true
            return
        }
        var readings = [
            Reading.ratio(.latency, primary: a.total, candidate: b.total, ballast: ballast)
        ]
        if sides.primary.reply.isStream && sides.candidate.reply.isStream {
            if let first = a.firstContent, let other = b.firstContent {
                readings.append(
                    .ratio(.ttft, primary: first, candidate: other, ballast: ballast))
            }
            if let pace = Self.pace(sides.primary), let other = Self.pace(sides.candidate) {
                readings.append(.ratio(.tpot, primary: pace, candidate: other))
            }
            if let pause = Self.longestPause(a), let other = Self.longestPause(b) {
                readings.append(.ratio(.stall, primary: pause, candidate: other))
            }
        }
        outcome.readings += readings.compactMap(\.self)
    }

    func compareUse(_ sides: Sides, _ outcome: inout PairOutcome) {
        let (a, b) = (sides.primary.reply.usage, sides.candidate.reply.usage)
        if let tokens = a.tokensOut, let other = b.tokensOut,
            let reading = Reading.ratio(
                .tokens, primary: Double(tokens), candidate: Double(other))
        {
            outcome.readings.append(reading)
        }
        let cost = a.cost ?? options.primaryPrice?.cost(a)
        let other = b.cost ?? options.candidatePrice?.cost(b)
        if let cost, let other,
            let reading = Reading.ratio(.cost, primary: cost, candidate: other)
        {
            outcome.readings.append(reading)
        }
    }

    /// Seconds for each token after the first: (last − first content) ÷ (tokens − 1), by the usage that
    /// the server counted and never by chunks, which may carry several tokens.
    private static func pace(_ side: Sides.Side) -> Double? {
        guard let tokens = side.reply.usage.tokensOut, tokens > 1,
            let first = side.answer.timing.firstContent
        else { return nil }
        let pace = (side.answer.timing.total - first) / Double(tokens - 1)
        return pace > 0 ? pace : nil
    }

    private static func longestPause(_ timing: AnswerTiming) -> Double? {
        guard timing.chunks.count > 2 else { return nil }
        return zip(timing.chunks, timing.chunks.dropFirst()).map { $1.at - $0.at }.max()
    }
}

extension TokenPrice {
    func cost(_ usage: Usage) -> Double? {
        guard let tokensIn = usage.tokensIn, let tokensOut = usage.tokensOut else { return nil }
        return (Double(tokensIn) * input + Double(tokensOut) * output) / 1e6
    }
}

/// What a request to a text model asks for.
struct Asked {
    /// The last thing that the user said.
    var question = ""
    private var wantsJSON = false
    private var schema: JSONSchema?
    private var tools: [String: JSONSchema] = [:]
    private var hasTools = false

    init(_ body: [UInt8], schema: JSON?) {
        self.schema = schema.map { JSONSchema($0) }
        guard let request = try? JSON(body) else { return }
        let last = request["messages"]?.items?.last { $0["role"]?.text == "user" }
        let content = last?["content"]
        question =
            content?.text
            ?? content?.items?.compactMap { $0["text"]?.text }.joined(separator: "\n")
            ?? request["prompt"]?.text ?? ""
        let format = request["response_format"] ?? request["format"]
        wantsJSON = format?["type"]?.text?.hasPrefix("json") == true || format?.text == "json"
        if let asked = format?["json_schema"]?["schema"] { self.schema = JSONSchema(asked) }
        // Ollama takes a schema as the format itself.
        if let format, format["properties"] != nil { self.schema = JSONSchema(format) }
        for tool in request["tools"]?.items ?? [] {
            hasTools = true
            guard let name = tool["function"]?["name"]?.text else { continue }
            tools[name] = JSONSchema(tool["function"]?["parameters"] ?? .object([]))
        }
    }

    /// The answer is there and of the form that was asked for.
    func isFormed(_ reply: Reply) -> Bool {
        if !reply.toolCalls.isEmpty { return true }
        let text = reply.text ?? ""
        if text.isEmpty && reply.reasoning == nil { return false }
        if schema == nil && !wantsJSON { return true }
        guard let value = try? JSON(text: text) else { return false }
        return schema?.accepts(value) ?? true
    }

    /// Every call names a tool that was offered, with arguments that its schema accepts.
    func canCall(_ reply: Reply) -> Bool {
        if reply.toolCalls.isEmpty { return false }
        return reply.toolCalls.allSatisfy { call in
            guard let arguments = try? JSON(text: call.arguments.isEmpty ? "{}" : call.arguments)
            else { return false }
            guard let schema = tools[call.name] else { return !hasTools }
            return schema.accepts(arguments)
        }
    }
}
