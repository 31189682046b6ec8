// A leg's answer as a value for those who come later.

extension Leg {
    /// The answer so far.
    ///
    /// - Parameter bytesMax: so much of the body is kept.
    func relayedAnswer(bytesMax: Int) -> RelayedAnswer {
        let seconds = { (time: Int64) in Double(time - self.sentAt) / 1e9 }
        var ending = ending
        if received > bytesMax, ending == .whole { ending = .tooLarge }
        return RelayedAnswer(
            status: headIsWhole ? status : 0, headers: HeaderBlock(bytes: head.prefix(head.count)),
            body: answer.prefix(bytesMax), ending: ending,
            firstByte: firstByteAt > 0 ? seconds(firstByteAt) : nil,
            chunks: chunks.map { ($0.end, seconds($0.at)) }, total: seconds(lastByteAt))
    }
}
