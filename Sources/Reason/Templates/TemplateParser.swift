// From tokens to the tree. Whatever can be known without running is checked here: unknown
// functions, variables that nobody declared, blocks that do not end. Recursive descent with a depth
// limit.

struct TemplateParser {
    private let source: [UInt8]
    private let name: String
    private let tokens: [TemplateToken]
    private let functions: Set<String>
    private var index = 0
    private var variables: [String]
    private var loops = 0
    private var depth = 0
    private(set) var definitions: [String: [TemplateNode]] = [:]

    /// Nested blocks and parentheses; people's templates stay under ten.
    private static let depthMax = 100

    init(
        _ source: String, name: String, variables: [String], functions: Set<String>
    ) throws(TemplateError) {
        self.source = Array(source.utf8)
        self.name = name
        self.variables = ["$"] + variables
        self.functions = functions
        tokens = try TemplateLexer.tokens(source, name: name)
    }

    private var next: TemplateToken { tokens[index] }

    private func fault(_ token: TemplateToken, _ reason: String) -> TemplateError {
        TemplateError(name: name, place: token.place, reason: reason)
    }

    private mutating func take() -> TemplateToken {
        defer { if index + 1 < tokens.count { index += 1 } }
        return tokens[index]
    }

    private mutating func nested<Result>(
        _ body: (inout TemplateParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthMax { throw fault(next, "nested deeper than \(Self.depthMax)") }
        return try body(&self)
    }

    // MARK: - Blocks

    /// The whole template.
    mutating func parse() throws(TemplateError) -> [TemplateNode] {
        let (nodes, stop) = try list()
        guard case .end = stop else { throw fault(next, "unexpected {{\(word(stop))}}") }
        return nodes
    }

    private enum Stop { case end, endKeyword, otherwise }

    private func word(_ stop: Stop) -> String {
        switch stop {
        case .end: "EOF"
        case .endKeyword: "end"
        case .otherwise: "else"
        }
    }

    /// Nodes up to the end, `{{end}}` or `{{else`; the closing keyword is consumed.
    private mutating func list() throws(TemplateError) -> ([TemplateNode], Stop) {
        try nested { (parser) throws(TemplateError) in try parser.listBody() }
    }

    private mutating func listBody() throws(TemplateError) -> ([TemplateNode], Stop) {
        var nodes: [TemplateNode] = []
        while true {
            let token = take()
            switch token.kind {
            case .text(let text): nodes.append(.text(text))
            case .end: return (nodes, .end)
            default:
                if case .identifier(let word) = next.kind, Self.keywords.contains(word) {
                    let keyword = take()
                    if word == "end" {
                        try close()
                        return (nodes, .endKeyword)
                    }
                    if word == "else" { return (nodes, .otherwise) }
                    if let node = try block(word, keyword) { nodes.append(node) }
                } else {
                    nodes.append(.action(try pipeline(until: .close)))
                }
            }
        }
    }

    private static let keywords: Set<String> = [
        "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
    ]

    private mutating func close() throws(TemplateError) {
        guard next.kind == .close else {
            throw fault(next, "unexpected token in the closing action")
        }
        _ = take()
    }

    private mutating func block(
        _ word: String, _ keyword: TemplateToken
    ) throws(TemplateError) -> TemplateNode? {
        switch word {
        case "if", "with", "range": return try branch(word)
        case "break", "continue":
            guard loops > 0 else { throw fault(keyword, "{{\(word)}} outside {{range}}") }
            try close()
            return word == "break" ? .leaveLoop : .nextTurn
        case "define":
            let title = try templateName(word)
            try close()
            try define(title, keyword)
            return nil
        case "template":
            let title = try templateName(word)
            if next.kind == .close {
                _ = take()
                return .call(name: title, nil, keyword.place)
            }
            return .call(name: title, try pipeline(until: .close), keyword.place)
        default:
            let title = try templateName(word)
            let pipe = try pipeline(until: .close)
            try define(title, keyword)
            return .call(name: title, pipe, keyword.place)
        }
    }

    private mutating func templateName(_ word: String) throws(TemplateError) -> String {
        let token = take()
        guard case .string(let title) = token.kind else {
            throw fault(token, "expected a quoted name in the \(word) clause")
        }
        return title
    }

    /// A body of its own: it sees no variable but `$`.
    private mutating func define(
        _ title: String, _ keyword: TemplateToken
    ) throws(TemplateError) {
        let outer = (variables, loops)
        (variables, loops) = (["$"], 0)
        let (body, stop) = try list()
        (variables, loops) = outer
        guard case .endKeyword = stop else {
            throw fault(keyword, "unexpected EOF: define is not closed")
        }
        definitions[title] = body
    }

    private mutating func branch(_ word: String) throws(TemplateError) -> TemplateNode {
        let opening = next
        let mark = variables.count
        defer { variables.removeLast(variables.count - mark) }
        let pipe = try pipeline(until: .close, allowsTwo: word == "range")
        if word == "range" { loops += 1 }
        let (then, stop) = try list()
        if word == "range" { loops -= 1 }
        var otherwise: [TemplateNode] = []
        switch stop {
        case .end: throw fault(opening, "unexpected EOF: \(word) is not closed")
        case .endKeyword: break
        case .otherwise:
            if case .identifier(let inner) = next.kind, inner == "if" || inner == "with",
                word != "range"
            {
                _ = take()
                // `else if` shares the end of the outer one.
                otherwise = [
                    try nested { (parser) throws(TemplateError) in try parser.branch(inner) }
                ]
            } else {
                try close()
                let (nodes, last) = try list()
                guard case .endKeyword = last else {
                    throw fault(opening, "expected end; found {{\(self.word(last))}}")
                }
                otherwise = nodes
            }
        }
        switch word {
        case "if": return .when(pipe, then: then, otherwise: otherwise)
        case "with": return .with(pipe, then: then, otherwise: otherwise)
        default: return .range(pipe, body: then, otherwise: otherwise)
        }
    }

    // MARK: - Pipelines

    private mutating func pipeline(
        until closing: TemplateToken.Kind, allowsTwo: Bool = false
    ) throws(TemplateError) -> TemplatePipeline {
        try nested { (parser) throws(TemplateError) in
            try parser.pipelineBody(until: closing, allowsTwo: allowsTwo)
        }
    }

    private mutating func pipelineBody(
        until closing: TemplateToken.Kind, allowsTwo: Bool
    ) throws(TemplateError) -> TemplatePipeline {
        var pipe = TemplatePipeline(place: next.place)
        try declaration(of: &pipe, allowsTwo: allowsTwo)
        while true {
            let start = next
            var command = TemplateCommand(place: start.place, source: "")
            while next.kind != closing && next.kind != .pipe {
                if next.kind == .close {
                    throw fault(next, "unexpected }}: a parenthesis is not closed")
                }
                if !command.operands.isEmpty && !next.follows {
                    throw fault(next, "expected a space between operands")
                }
                command.operands.append(try operand())
            }
            command.source = text(from: start.offset, to: next.offset)
            guard let first = command.operands.first else {
                throw fault(next, "missing value for command")
            }
            if pipe.commands.isEmpty, case .none = first.kind {
                throw TemplateError(name: name, place: first.place, reason: "nil is not a command")
            }
            if !pipe.commands.isEmpty, case .constant = first.kind {
                throw TemplateError(
                    name: name, place: first.place,
                    reason: "non executable command in pipeline stage \(pipe.commands.count + 1)")
            }
            pipe.commands.append(command)
            if take().kind == closing { return pipe }
        }
    }

    private mutating func declaration(
        of pipe: inout TemplatePipeline, allowsTwo: Bool
    ) throws(TemplateError) {
        guard case .variable(let first) = next.kind else { return }
        let second = tokens[min(index + 1, tokens.count - 1)]
        switch second.kind {
        case .declare, .assign:
            pipe.variables = [first]
            pipe.assigns = second.kind == .assign
            index += 2
        case .comma where allowsTwo:
            index += 2
            let token = take()
            guard case .variable(let other) = token.kind else {
                throw fault(token, "range can only initialize variables")
            }
            let sign = take()
            guard sign.kind == .declare || sign.kind == .assign else {
                throw fault(sign, "expected := in range")
            }
            pipe.variables = [first, other]
            pipe.assigns = sign.kind == .assign
        default: return
        }
        for variable in pipe.variables {
            if pipe.assigns {
                try check(variable, second)
            } else {
                variables.append(variable)
            }
        }
    }

    private func check(_ variable: String, _ token: TemplateToken) throws(TemplateError) {
        guard variables.contains(variable) else {
            throw fault(token, "undefined variable \(goQuoted(variable))")
        }
    }

    private mutating func operand() throws(TemplateError) -> TemplateOperand {
        let token = take()
        func made(_ kind: TemplateOperand.Kind) -> TemplateOperand {
            TemplateOperand(place: token.place, kind: kind)
        }
        switch token.kind {
        case .dot: return made(.dot)
        case .string(let text): return made(.constant(.string(text)))
        case .int(let number): return made(.constant(.int(number)))
        case .float(let number): return made(.constant(.float(number)))
        case .field(let first): return made(.fields([first] + chain()))
        case .variable(let variable):
            try check(variable, token)
            return made(.variable(variable, chain()))
        case .identifier(let word):
            switch word {
            case "true": return made(.constant(.bool(true)))
            case "false": return made(.constant(.bool(false)))
            case "nil": return made(.none)
            default:
                guard functions.contains(word) else {
                    throw fault(token, "function \(goQuoted(word)) not defined")
                }
                return made(.function(word))
            }
        case .leftParen:
            let inner = try pipeline(until: .rightParen)
            return made(.group(inner, chain()))
        case .end: throw fault(token, "unclosed action")
        default:
            throw fault(
                token,
                "unexpected \(goQuoted(text(from: token.offset, to: next.offset))) in operand")
        }
    }

    private mutating func chain() -> [String] {
        var fields: [String] = []
        while case .field(let field) = next.kind, !next.follows {
            fields.append(field)
            _ = take()
        }
        return fields
    }

    private func text(from start: Int, to end: Int) -> String {
        var slice = source[min(start, source.count)..<max(start, min(end, source.count))]
        while let last = slice.last, last == 0x20 || last == 0x0a || last == 0x09 {
            slice.removeLast()
        }
        return String(decoding: slice, as: UTF8.self)
    }
}
