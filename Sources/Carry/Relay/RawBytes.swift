// Bytes in memory of their own whose address stays while libcurl and libmicrohttpd look at it: an
// array's does not. Read from the front, appended at the back; kept between requests, so that a busy
// relay does not allocate.

internal import Glibc

/// A growing run of bytes with a stable address, and a mark up to where it was read.
struct RawBytes: ~Copyable {
    private var room: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes written.
    private(set) var count = 0
    /// Bytes read of those.
    private(set) var taken = 0

    init(capacity: Int = 2048) {
        room = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { room.deallocate() }

    /// Where the bytes begin; valid until the next append.
    var start: UnsafeMutablePointer<UInt8> { room }
    var unread: Int { count - taken }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard let source = piece.baseAddress, !piece.isEmpty else { return }
        reserve(piece.count)
        memcpy(room + count, source, piece.count)
        count += piece.count
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        room[count] = byte
        count += 1
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number's digits.
    mutating func append(decimal number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Copies unread bytes out and marks them as read.
    mutating func take(into target: UnsafeMutableRawPointer, atMost most: Int) -> Int {
        let length = min(most, unread)
        if length > 0 { memcpy(target, room + taken, length) }
        taken += length
        return length
    }

    /// Forgets what was read, so that a long stream needs little room.
    mutating func dropTaken() {
        guard taken > 0 else { return }
        if unread > 0 { memmove(room, room + taken, unread) }
        count -= taken
        taken = 0
    }

    /// Forgets everything; a large room is given back.
    mutating func clear() {
        count = 0
        taken = 0
        if capacity > 64 << 10 {
            room.deallocate()
            capacity = 2048
            room = .allocate(capacity: capacity)
        }
    }

    /// A copy of the first bytes.
    func prefix(_ length: Int) -> [UInt8] {
        Array(UnsafeBufferPointer(start: room, count: min(length, count)))
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        while count + more > capacity { capacity *= 2 }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, room, count)
        room.deallocate()
        room = larger
    }
}
