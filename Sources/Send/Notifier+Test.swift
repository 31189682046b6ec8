// A trial of a receiver: a firing notification and its end, both marked as a test, sent at once and
// past the outbox, with the receiver's own answers. What `martlet test notify` and the pages call.

import Basics

/// What a receiver answered to a test.
public struct TestAnswer: Sendable, Equatable {
    public var receiver: String
    /// The place of the integration in the receiver.
    public var integration: Int
    /// `firing` or `resolved`.
    public var status: String
    /// The HTTP status; nil when no answer came.
    public var httpStatus: Int?
    /// The beginning of the answer's body, or why no answer came.
    public var text: String

    public var isAccepted: Bool { httpStatus.map { (200..<300).contains($0) } ?? false }
}

extension Notifier {
    /// The part of an answer's body that is worth showing.
    private static let shownBytesMax = 2048

    /// Sends a marked firing and resolved pair.
    ///
    /// - Parameter name: a receiver's name; nil for all of them.
    /// - Returns: two answers for each integration; empty when there is no such receiver.
    public func testNotification(_ name: String? = nil) async -> [TestAnswer] {
        var answers: [TestAnswer] = []
        for receiver in receivers where name == nil || receiver.name == name {
            for (index, integration) in receiver.integrations.enumerated() {
                for status in ["firing", "resolved"] {
                    answers.append(await trial(receiver, index, integration, status))
                }
            }
        }
        return answers
    }

    private func trial(
        _ receiver: Receiver, _ index: Int, _ integration: Integration, _ status: String
    ) async -> TestAnswer {
        let now = world.clock.now()
        let labels: Labels = [
            "alertname": "MartletTest", "severity": "none", "martlet_test": "true",
        ]
        let annotations: Labels = [
            "summary": "This is a test of Martlet's notifications. Nothing is wrong.",
            "summary_zh": "这是 Martlet 通知的测试，没有任何问题。",
        ]
        let alert = Alert(
            labels: labels, annotations: annotations, startsAt: now - 60_000,
            endsAt: status == "firing" ? now + 60_000 : now,
            generatorURL: world.texts.externalURL + "/alerts")
        let group: Labels = ["alertname": "MartletTest"]
        let notification = Notification(
            receiver: receiver.name, integration: index,
            groupKey: "{}:{alertname=\"MartletTest\"}", groupLabels: group, alerts: [alert],
            truncatedAlerts: 0, reason: .first, at: now)
        let message = notification.message(
            to: integration, world.texts, library: Self.library(plan, world))
        let result = await courier.send(
            message.payload, to: integration, deliveryID: message.deliveryID)
        var answer = TestAnswer(
            receiver: receiver.name, integration: index, status: status, httpStatus: nil, text: "")
        switch result {
        case .success(let response):
            answer.httpStatus = response.status
            let shown = response.body.prefix(Self.shownBytesMax)
            answer.text = String(decoding: shown, as: UTF8.self)
        case .failure(let error): answer.text = error.description
        }
        return answer
    }
}
