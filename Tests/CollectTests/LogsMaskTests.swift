import Collect
import Testing

@Suite struct LogsMaskTests {
    private func mask(_ text: String) -> String {
        var counts = MaskCounts()
        return masked(text, counts: &counts)
    }

    @Test(arguments: [
        ("mail alice.b+c@example.co.uk.", "mail ‹email›."),
        ("<bob@x-y.cn>,carol@qq.com", "<‹email›>,‹email›"),
        ("用户zhang@例.com和li_4@163.com登录", "用户zhang@例.com和‹email›登录"),
        ("Authorization: Bearer abc.def-123_45", "Authorization: Bearer ‹key›"),
        ("authorization: Basic dXNlcjpwYXNzd29yZA==", "authorization: Basic ‹key›"),
        ("curl -H 'x-api-key: 0123456789abcdef'", "curl -H 'x-api-key: ‹key›'"),
        ("key sk-proj-AbCdEfGhIjKlMnOp1234 used", "key ‹key› used"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ456789", "‹key›"),
        ("github_pat_11ABCDEFG0abcdefghij_0123456789", "‹key›"),
        ("hf_abcdefghijklmnopqrstuvwxyz", "‹key›"),
        ("aws AKIAIOSFODNN7EXAMPLE!", "aws ‹key›!"),
        ("LTAI5tAbCdEfGhIjKlMnOpQr", "‹key›"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "‹key›"),
        (
            "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N end",
            "jwt ‹key› end"
        ),
        ("password=hunter2 user=bob", "password=‹key› user=bob"),
        ("db.passwd: 'p w d' ok", "db.passwd: '‹key›' ok"),
        (#"{"password":"a\"b","n":1}"#, #"{"password":"‹key›","n":1}"#),
        (#"{\"api_key\": \"0123456789ab\"}"#, #"{\"api_key\": \"‹key›\"}"#),
        ("?access_token=abcdef123&x=1", "?access_token=‹key›&x=1"),
        ("client_secret = s3cr3tvalue;", "client_secret = ‹key›;"),
        ("postgres://bob:pa@ss@db:5432/x", "postgres://‹key›@ss@db:5432/x"),
        ("redis://:topsecret@cache/0", "redis://‹key›@cache/0"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nnext", "‹key›\nnext"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcC", "‹key›"),
        ("手机13800138000已登录", "手机‹mobile›已登录"),
        ("tel:+8613912345678,", "tel:+‹mobile›,"),
        ("+86 138-0013-8000 or 138 0013 8000", "+86 ‹mobile› or ‹mobile›"),
        ("身份证110101199003077715。", "身份证‹id›。"),
        ("id 11010119900307002X", "id ‹id›"),
        ("id 110101 19900307 7715", "id ‹id›"),
        ("card 4111111111111111 4111-1111-1111-1111", "card ‹card› ‹card›"),
        ("+86 13800138000 86-138-0013-8000", "+86 ‹mobile› ‹mobile›"),
        ("amex 3782 822463 10005", "amex ‹card›"),
        ("银联6222021234567890128", "银联‹card›"),
    ])
    func `a secret is masked`(text: String, expected: String) {
        #expect(mask(text) == expected)
    }

    @Test(arguments: [
        "user@localhost npm i pkg@1.2.3 root@10.0.0.1 @decorator a @ b.c",
        "prompt_tokens=123456 max_tokens: 4096 token: 12345678 total_tokens=99999999",
        "Unexpected token: } in JSON, token=abc",
        "std::token::parse token==other secret:=value",
        "sk-learn task-1234567890123456789 risk-assessment-of-everything-here",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736 span a13800138000b1",
        "time 1795230245123 ns 1795230245123456789 0.13800138000",
        "allocated 17179869184 bytes size=17179869184 took 15000000000ns",
        "id 110101199003077716 card 4111111111111112",
        "2026-11-21 03:04:05 12345678901 138001380001 order 10086",
        "https://example.com/path?q=1 http://host:8080/a@b",
        "eyJust words.and more, Bearer of news, AKIA short",
        "password: ",
        "超时 -- __init__ a_b_c = : - @ 1 2 3",
    ])
    func `what is no secret stays`(text: String) {
        #expect(mask(text) == text)
    }

    @Test func `masking is counted by kind and done once`() {
        var counts = MaskCounts()
        let text = "a@b.cn password=x 13800138000 110101199003077715 4111111111111111"
        let once = masked(text, counts: &counts)
        #expect(once == "‹email› password=‹key› ‹mobile› ‹id› ‹card›")
        #expect(MaskKind.allCases.allSatisfy { counts[$0] == 1 })
        #expect(masked(once, counts: &counts) == once)
        #expect(counts.total == 5)
    }

    @Test func `a field with a secret's name is masked whole, a count of tokens is not`() {
        var counts = MaskCounts()
        #expect(masked("hello world", named: "db_password", counts: &counts) == "‹key›")
        #expect(masked("abcdef0123", named: "X-Api-Key", counts: &counts) == "‹key›")
        #expect(masked("4096", named: "max_tokens", counts: &counts) == "4096")
        #expect(masked("123456789", named: "token", counts: &counts) == "123456789")
        #expect(masked("to a@b.cn", named: "note", counts: &counts) == "to ‹email›")
    }

    @Test(arguments: 0..<20)
    func `no bytes make the scanner fail, and the rest of a text stays`(seed: Int) {
        var random = LogsRandom(seed: UInt64(seed))
        let pieces = [
            "a@b.cn", "password=", "13800138000", "-----BEGIN PRIVATE KEY-----", "-----END ", "://",
            "eyJ", ".", ":", "\"", "\\", "=", "sk-", "Bearer ", "86", " ", "超", "x", "4111", "-",
            "",
        ]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            let result = mask(text)
            #expect(!result.contains("a@b.cn"), "\(text)")
            #expect(
                result.contains("超") || !text.contains("超") || result.contains("‹key›"), "\(text)")
        }
    }
}
