// The C library gives each thread a heap of its own, up to eight a core, and memory that one thread
// freed is not there for another: four query workers would hold four times what one query needs.
// Two heaps keep writers and readers apart and halve the peak (measured: 420 MB to 261 MB over the
// queries of Benchmarks/promql.py). What was freed between pages in use it gives back only when it is asked:
// series that grow side by side leave such holes (6 of 160 MB at 100,000 series).

import Glibc

/// Limits the heaps; called before the agent's threads start.
func limitHeaps() {
    // `M_ARENA_MAX` of <malloc.h>, which Swift's Glibc does not show; a user's own setting stands.
    let heapsMax: (name: Int32, value: Int32) = (-8, 2)
    guard getenv("MALLOC_ARENA_MAX") == nil, let symbol = dlsym(nil, "mallopt") else { return }
    typealias Mallopt = @convention(c) (Int32, Int32) -> Int32
    _ = unsafeBitCast(symbol, to: Mallopt.self)(heapsMax.name, heapsMax.value)
}

/// Gives whole pages that nothing uses back to the system; some milliseconds for each 100 MB.
func returnFreePages() {
    // `malloc_trim` of <malloc.h>.
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    typealias Trim = @convention(c) (Int) -> Int32
    _ = unsafeBitCast(symbol, to: Trim.self)(0)
}
