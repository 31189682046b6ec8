// What a candidate may cost. Copies stop by themselves when the first of the limits is reached. Requests
// are counted when they are sent, tokens and money when the answer says how many there were, so the last
// answers under way may go a little beyond.

/// The limits of a rehearsal's copies; nil is no limit.
public struct Budget: Sendable, Equatable {
    public var requests: Int?
    public var tokens: Int?
    public var money: Double?

    public init(requests: Int? = nil, tokens: Int? = nil, money: Double? = nil) {
        self.requests = requests
        self.tokens = tokens
        self.money = money
    }

    /// Only answers tell what was spent.
    var isSpentByAnswers: Bool { tokens != nil || money != nil }
}

/// What was spent of it.
public struct Spending: Sendable, Equatable {
    public var requests = 0
    public var tokens = 0
    public var money = 0.0

    public init() {}

    /// The limit that is reached; nil while there is something left.
    public func spent(of budget: Budget) -> String? {
        if let limit = budget.requests, requests >= limit { return "requests" }
        if let limit = budget.tokens, tokens >= limit { return "tokens" }
        if let limit = budget.money, money >= limit { return "money" }
        return nil
    }

    /// Adds what an answer used.
    public mutating func add(_ usage: Usage, _ prices: Prices) {
        tokens += (usage.tokensIn ?? 0) + (usage.tokensOut ?? 0)
        money += usage.cost ?? prices.cost(of: usage) ?? 0
    }
}

/// Prices for a million tokens, in the team's currency.
public struct Prices: Sendable, Equatable {
    public var perMillionIn: Double?
    public var perMillionOut: Double?

    public init(perMillionIn: Double? = nil, perMillionOut: Double? = nil) {
        self.perMillionIn = perMillionIn
        self.perMillionOut = perMillionOut
    }

    /// What an answer cost; nil when there are no prices or no counts.
    public func cost(of usage: Usage) -> Double? {
        guard perMillionIn != nil || perMillionOut != nil,
            usage.tokensIn != nil || usage.tokensOut != nil
        else { return nil }
        return
            (Double(usage.tokensIn ?? 0) * (perMillionIn ?? 0)
            + Double(usage.tokensOut ?? 0) * (perMillionOut ?? 0)) / 1e6
    }
}
