import Basics
import Bytes
import Collect
import Foundation
import Testing

private let now: Millis = 1_772_442_200_000

private func verdict(
    _ kind: DeliveryKind, _ headers: DeliveryHeaders, body: String = "{}",
    url: String = "/hooks/x/y",
    secrets: [String] = ["s3cret"], change: (inout DeliverySourceConfig) -> Void = { _ in }
) -> DeliveryVerdict {
    var source = DeliverySourceConfig(
        kind: kind, name: "shop", secrets: secrets.map(DeliverySecret.init(text:)))
    change(&source)
    return verify(source, headers: headers, body: Array(body.utf8), url: url, now: now)
}

private func basic(_ pair: String) -> String { "Basic " + Data(pair.utf8).base64EncodedString() }

@Suite struct DeliveryVerifyTests {
    @Test(.enabled(if: payloads != nil, "payloads/signatures.csv is not here"))
    func `every row of signatures.csv gets its verdict`() throws {
        guard let payloads else { return }
        let text = try String(
            contentsOf: payloads.appending(path: "signatures.csv"), encoding: .utf8)
        let table = rows(ofCSV: text).dropFirst()
        #expect(table.count >= 58)
        for row in table {
            let (file, expected, note) = (row[1], row[4], row[5])
            let kind = try #require(DeliveryKind(rawValue: row[0]))
            let body = file == "(empty body)" ? [] : try payload("\(row[0])/\(file)")
            let fields = try #require(JSON(text: row[3]).fields)
            let headers = DeliveryHeaders(fields.map { ($0.key, $0.value.text ?? "") })
            var source = DeliverySourceConfig(
                kind: kind, name: "shop", secrets: [DeliverySecret(text: row[2])])
            if kind == .trello {
                source.callbackURL = "https://martlet.example.org/hooks/trello?board=1"
            }
            let verdict = verify(
                source, headers: headers, body: body, url: "/hooks/\(kind)/shop", now: now)
            let place = "\(row[0]) \(file) \(note)"
            if expected.hasPrefix("accept") {
                #expect(verdict == .accepted, "\(place)")
            } else if expected.hasPrefix("reject") {
                guard case .refused = verdict else {
                    Issue.record("\(place): \(verdict)")
                    continue
                }
            } else if expected.hasPrefix("answer 200") {
                guard case .handshake(let answer) = verdict else {
                    Issue.record("\(place): \(verdict)")
                    continue
                }
                #expect(answer.headers.first?.value == row[2])
            }
        }
    }

    @Test func `the known answers of the vendors are ours`() {
        let github = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        #expect(
            verdict(
                .github, ["X-Hub-Signature-256": github], body: "Hello, World!",
                secrets: ["It's a Secret to Everybody"]) == .accepted)
        let circle = [
            (
                "secret", "hello world",
                "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a"
            ),
            (
                "another-secret", "lalala",
                "daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00"
            ),
            (
                "hunter123", "an-important-request-payload",
                "9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa"
            ),
        ]
        for (secret, body, code) in circle {
            #expect(
                verdict(
                    .circleci, ["circleci-signature": "v1=\(code)"], body: body, secrets: [secret])
                    == .accepted)
        }
        #expect(
            verdict(
                .trello, ["x-trello-webhook": "FwPAcuGe9EP/+SbXFWjnEVTa0zw="],
                body: #"{"hello":"world"}"#, secrets: ["secret"]
            ) { $0.callbackURL = "https://example.com/webhooks" } == .accepted)
    }

    @Test func `two secrets are valid at once while one replaces the other`() {
        let headers: DeliveryHeaders = ["Authorization": "Bearer new"]
        #expect(verdict(.devlake, headers, secrets: ["old", "new"]) == .accepted)
        #expect(verdict(.devlake, headers, secrets: ["old"]) == .refused(.wrongProof))
    }

    @Test func `a source without a secret takes nothing unless it says so`() {
        #expect(verdict(.github, [:], secrets: []) == .refused(.noSecretConfigured))
        #expect(verdict(.github, [:], secrets: []) { $0.proof = .none } == .accepted)
    }

    @Test func `an empty secret in the header is not the secret`() {
        #expect(verdict(.gitlab, ["X-Gitlab-Token": ""]) == .refused(.wrongProof))
        #expect(verdict(.devlake, ["Authorization": "Bearer "]) == .refused(.malformedProof))
    }

    @Test func `a proof that stands twice is refused`() {
        let headers = DeliveryHeaders([("X-Gitlab-Token", "s3cret"), ("X-Gitlab-Token", "other")])
        #expect(verdict(.gitlab, headers) == .refused(.malformedProof))
    }

    @Test func `a weaker proof than configured is a downgrade`() {
        #expect(verdict(.github, ["X-Hub-Signature": "sha1=00"]) == .refused(.downgrade))
        #expect(verdict(.jira, ["X-Hub-Signature": "sha1=00"]) == .refused(.downgrade))
        #expect(verdict(.circleci, ["circleci-signature": "v0=00"]) == .refused(.downgrade))
        #expect(
            verdict(.gitlab, ["X-Gitlab-Token": "s3cret"]) { $0.proof = .signature }
                == .refused(.downgrade))
    }

    @Test func `a signature list may not be outvoted by an unknown version`() {
        #expect(
            verdict(.circleci, ["circleci-signature": "v1=00,v2=00"]) == .refused(.wrongProof))
    }

    @Test func `Jenkins and Gerrit prove themselves with Basic, a header or a secret path`() {
        for kind in [DeliveryKind.jenkins, .gerrit] {
            #expect(verdict(kind, ["Authorization": basic("ci:s3cret")]) == .accepted)
            #expect(verdict(kind, ["Authorization": basic("ci:wrong")]) == .refused(.wrongProof))
            #expect(verdict(kind, ["X-Martlet-Secret": "s3cret"]) == .accepted)
            #expect(verdict(kind, [:], url: "/hooks/jenkins/shop/s3cret") == .accepted)
            #expect(verdict(kind, [:], url: "/hooks/jenkins/shop?token=s3cret") == .accepted)
            #expect(verdict(kind, [:], url: "/hooks/jenkins/shop") == .refused(.missingProof))
        }
        #expect(
            verdict(.jenkins, ["Authorization": basic("ci:s3cret")], secrets: ["ci:s3cret"])
                == .accepted)
        #expect(
            verdict(.jenkins, ["Authorization": basic("xx:s3cret")], secrets: ["ci:s3cret"])
                == .refused(.wrongProof))
    }

    @Test func `a signing secret with whsec is the base64 of its key`() throws {
        let key = Data((0..<32).map { UInt8($0) })
        // HMAC-SHA256(key, "m.1772442200.{}"), computed with another implementation.
        let code = "v1,D6jVVMsbHVHtg/e1T8m0Xq4O3xroyAcdCImLbg9Uj0M="
        let headers: DeliveryHeaders = [
            "webhook-id": "m", "webhook-timestamp": "1772442200", "webhook-signature": code,
        ]
        let text = key.base64EncodedString()
        #expect(verdict(.gitlab, headers, secrets: ["whsec_" + text]) == .accepted)
        #expect(verdict(.gitlab, headers, secrets: [text]) == .refused(.wrongProof))
        #expect(verdict(.gitlab, headers, secrets: [text]) { $0.isKeyBase64 = true } == .accepted)
    }

    @Test func `a signed time that overflows is stale and nothing worse`() {
        for time in ["9223372036854775807", "-9223372036854775808", "0"] {
            let headers: DeliveryHeaders = [
                "webhook-id": "m", "webhook-timestamp": time, "webhook-signature": "v1,AAAA",
            ]
            #expect(verdict(.gitlab, headers) == .refused(.wrongProof))
        }
    }

    @Test func `Asana's handshake is echoed once and cannot replace a kept secret`() {
        let first = verdict(.asana, ["X-Hook-Secret": "fresh"], secrets: [])
        guard case .handshake(let answer) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(answer.secretToKeep == DeliverySecret(text: "fresh"))
        #expect(verdict(.asana, ["X-Hook-Secret": "evil"]) == .refused(.handshakeClosed))
        #expect(verdict(.asana, [:], secrets: []) == .refused(.noSecretConfigured))
    }

    @Test func `a secret never shows in a text`() {
        let source = DeliverySourceConfig(
            kind: .github, name: "shop", secrets: [DeliverySecret(text: "hunter2-hunter2")])
        #expect(!String(describing: source).contains("hunter2"))
        #expect(!"\(source.secrets)".contains("hunter2"))
    }
}
