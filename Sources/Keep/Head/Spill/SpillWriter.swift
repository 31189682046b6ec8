// Puts full chunks into pages, one page for each span under way. Each thread that cuts chunks has a writer
// of its own, so that threads which bring the head back at the start meet only where a page is full.

internal import Basics

/// The pages that are being filled.
struct SpillWriter: Sendable {
    private struct Filling: Sendable {
        let volume: SpillVolume
        let number: UInt32
        let page: SpillPage
    }

    let spill: Spill
    private var filling: [Filling] = []

    init(_ spill: Spill) { self.spill = spill }

    /// Keeps a chunk that lies within a block's span.
    mutating func keep(_ chunk: Chunk) -> HeadChunk {
        let span = HeadChunk.span(of: chunk.from)
        let needed = chunk.payload.count + HeadChunk.checksumBytes
        var place = filling.firstIndex { $0.volume.span == span }
        if let full = place, filling[full].page.room < needed {
            spill.take(filling[full].number, of: filling[full].volume)
            filling.remove(at: full)
            place = nil
        }
        let index = place ?? begin(span, needed)
        let (page, number) = (filling[index].page, filling[index].number)
        let kept = HeadChunk(chunk, page: number, offset: page.count)
        chunk.payload.withUnsafeBytes { payload in
            page.add(
                payload,
                checksum: HeadChunk.checksum(payload, page: number, offset: page.count))
        }
        return kept
    }

    private mutating func begin(_ span: Int64, _ needed: Int) -> Int {
        let volume = spill.volume(of: span)
        let page = SpillPage(bytes: max(spill.pageBytes, needed))
        filling.append(Filling(volume: volume, number: volume.add(page), page: page))
        return filling.count - 1
    }

    /// Hands all pages over as they are.
    mutating func finish() {
        for one in filling { spill.take(one.number, of: one.volume) }
        filling = []
    }

    /// Lets go of the pages of spans before one.
    mutating func drop(before span: Int64) { filling.removeAll { $0.volume.span < span } }
}
