import Basics
import Collect
import Testing

@Suite struct DeliveryPeopleTests {
    @Test func `robotics and about are people, dependabot and renovate-bot are not`() {
        for name in [
            "robotics", "about", "abbott", "talbot", "botanist", "Robert", "cibotti", "elbot",
        ] {
            #expect(!isBot(Identity(login: name)), "\(name)")
        }
        for name in [
            "dependabot[bot]", "dependabot", "renovate-bot", "release_bot", "bot", "CI Bot",
            "github-actions", "jenkins", "shop-bot-2", "project_15_bot",
        ] {
            #expect(isBot(Identity(login: name)), "\(name)")
        }
        #expect(isBot(Identity(login: "alice", isDeclaredBot: true)))
        #expect(isBot(Identity(name: "Deploy Bot", email: "x@example.org")))
    }

    @Test func `the configuration may name more machines`() throws {
        let pattern = try Pattern("svc-.*", anchored: true)
        #expect(isBot(Identity(login: "svc-release"), patterns: [pattern]))
        #expect(!isBot(Identity(login: "not-svc-x"), patterns: [pattern]))
    }

    @Test func `a person has one pseudonym, another salt gives another`() {
        let book = PeopleBook(salt: testSalt)
        let ann = book.actor(Identity(login: "Ann", email: "ann@example.org"))
        #expect(book.actor(Identity(login: "ann")) == ann)
        #expect(PeopleBook(salt: testSalt).actor(Identity(login: "ann")) == ann)
        let other = PeopleBook(salt: Array("another salt, as long as it takes".utf8))
        #expect(other.actor(Identity(login: "ann")) != ann)
        #expect(ann.name.split(separator: " ").count == 2)
        #expect(!ann.name.lowercased().contains("ann "))
    }

    @Test func `two thousand people have two thousand names`() {
        let book = PeopleBook(salt: testSalt)
        let names = (0..<2000).map { book.actor(Identity(login: "person\($0)")).name }
        #expect(Set(names).count == 2000)
        #expect(names.contains { $0.hasSuffix(" 2") })
        for name in names { #expect(pseudonymText(name, language: "zh") != name) }
    }

    @Test func `several identities are one person when the configuration says so`() {
        var config = PeopleConfig()
        config.aliases = ["ann": "Ann Lee", "ann@example.org": "Ann Lee"]
        let book = PeopleBook(salt: testSalt, config: config)
        let login = book.actor(Identity(login: "ann"))
        #expect(book.actor(Identity(name: "A. Lee", email: "Ann@example.org")) == login)
        #expect(book.actor(Identity(login: "bob")) != login)
    }

    @Test func `GitHub's no-reply address is the login`() {
        #expect(Identity(email: "21031067+Codertocat@users.noreply.github.com").key == "codertocat")
        #expect(Identity(email: "codertocat@users.noreply.github.com").key == "codertocat")
    }

    @Test func `even when names are shown an e-mail address is not`() {
        var config = PeopleConfig()
        config.showsNames = true
        let book = PeopleBook(salt: testSalt, config: config)
        #expect(book.actor(Identity(login: "ann", name: "Ann Lee")).name == "Ann Lee")
        #expect(!book.actor(Identity(email: "ann@example.org")).name.contains("@"))
        #expect(
            !book.actor(Identity(name: "ann@example.org", email: "ann@example.org")).name.contains(
                "@"))
    }

    @Test func `addresses are masked wherever they stand`() {
        #expect(maskedEmails("ask ann.lee+x@mail.example.org, or not") == "ask ‹e-mail›, or not")
        #expect(maskedEmails("<a@b.de>") == "<‹e-mail›>")
        #expect(maskedEmails("@team, costs 5 @ 3, a@") == "@team, costs 5 @ 3, a@")
        #expect(maskedEmails("a@b@c.de") == "a@‹e-mail›")
        for text in ["pkg:oci/myapp@sha256%3A0b31", "npm/left@1.2.3", "jp@gc - Dummy Sampler"] {
            #expect(maskedEmails(text) == text)
        }
    }

    @Test func `a branch with a login in it does not give the person away`() throws {
        let result = try read(
            .github,
            json: #"""
                {"action":"opened","repository":{"full_name":"o/r"},"sender":{"login":"annlee"},
                "pull_request":{"number":3,"user":{"login":"annlee"},"head":{"ref":"annlee/fix-x"},
                "base":{"ref":"main"},"created_at":"2024-01-01T00:00:00Z"}}
                """#)
        let event = try #require(result.events.first)
        #expect(event["branch"]?.text == "\(event.actor)/fix-x")
    }

    @Test func `a key stays a key, whoever a delivery names`() throws {
        let result = try read(
            .github,
            json: #"""
                {"action":"opened","repository":{"full_name":"annlee/r"},"sender":{"login":"annlee"},
                "issue":{"number":3,"user":{"login":"annlee"},"created_at":"2024-01-01T00:00:00Z"}}
                """#)
        #expect(result.events.first?["item"] == .text("annlee/r#3"))
    }

    @Test func `an assignee of a Jira change log is the person of the issue`() throws {
        let result = try read(
            .jira,
            json: #"""
                {"timestamp":1700000000000,"webhookEvent":"jira:issue_updated",
                "user":{"accountId":"5c5f","displayName":"Ann Lee"},
                "issue":{"key":"A-1","fields":{}},"changelog":{"id":"9","items":[
                {"field":"assignee","to":"admin","toString":"Ann Lee"}]}}
                """#)
        let event = try #require(result.events.first)
        #expect(event["assignee"] == .text(event.actor))
    }

    @Test func `the pseudonym reads in both languages`() {
        #expect(pseudonymText("Curious Heron", language: "zh") == "好奇的苍鹭")
        #expect(pseudonymText("Curious Heron 2", language: "zh") == "好奇的苍鹭 2")
        #expect(pseudonymText("Curious Heron", language: "en") == "Curious Heron")
        #expect(pseudonymText("dependabot[bot]", language: "zh") == "dependabot[bot]")
    }
}
