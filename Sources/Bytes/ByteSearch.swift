// Looking for short texts in bytes: where every request or answer is looked through, a search by
// characters costs a hundred times as much.

internal import Glibc

extension [UInt8] {
    /// Whether the bytes hold a text, which must not be empty.
    public func hasText(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return withUnsafeBytes { bytes in
            guard var place = bytes.baseAddress else { return false }
            let end = place + bytes.count
            while end - place >= length,
                let found = memchr(place, Int32(text.utf8Start[0]), end - place - length + 1)
            {
                if memcmp(found, text.utf8Start, length) == 0 { return true }
                place = UnsafeRawPointer(found) + 1
            }
            return false
        }
    }

    /// Whether the bytes end with a text.
    public func ends(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, bytes.count >= length else { return false }
            return memcmp(start + (bytes.count - length), text.utf8Start, length) == 0
        }
    }
}
