// The order of alerts inside a notification.

import Basics

/// Alertmanager's order: by `job`, by `instance`, then fewer labels first, then by names, then by
/// values.
func alertmanagerOrder(_ left: Alert, _ right: Alert) -> Bool {
    func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
    for name in ["job", "instance"] {
        switch (left.labels[name], right.labels[name]) {
        case (nil, nil): continue
        case (nil, _): return false
        case (_, nil): return true
        case (let a?, let b?):
            if precedes(a, b) { return true }
            if precedes(b, a) { return false }
        }
    }
    let (a, b) = (Array(left.labels), Array(right.labels))
    if a.count != b.count { return a.count < b.count }
    for (x, y) in zip(a, b) where !x.name.utf8.elementsEqual(y.name.utf8) {
        return precedes(x.name, y.name)
    }
    for (x, y) in zip(a, b) where !x.value.utf8.elementsEqual(y.value.utf8) {
        return precedes(x.value, y.value)
    }
    return false
}
