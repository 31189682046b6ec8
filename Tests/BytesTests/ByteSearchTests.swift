// Short texts in bytes.

import Bytes
import Testing

@Suite struct ByteSearchTests {
    @Test func `a text is found at the start, in the middle and at the end, and nowhere else`() {
        let bytes = Array("aab/predictions/x".utf8)
        #expect(bytes.hasText("aab") && bytes.hasText("ab/") && bytes.hasText("s/x"))
        #expect(bytes.hasText("x") && bytes.hasText("aab/predictions/x"))
        #expect(
            !bytes.hasText("aaa") && !bytes.hasText("s/xy") && !bytes.hasText("aab/predictions/xx"))
        #expect(![UInt8]().hasText("a"))
    }

    @Test func `bytes end with a text or they do not`() {
        let bytes = Array("/v1/embeddings".utf8)
        #expect(bytes.ends(with: "/embeddings") && bytes.ends(with: "/v1/embeddings"))
        #expect(!bytes.ends(with: "/embedding") && !bytes.ends(with: "//v1/embeddings"))
        #expect(![UInt8]().ends(with: "a"))
    }
}
