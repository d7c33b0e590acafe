// Which station of GHCNh is which of global-hourly.
//
// A GHCNh id says by its third character what its end is: W a WBAN number, M a WMO number, I an ICAO
// identifier; the list has WMO numbers and ICAO identifiers besides. Of an ISD id the last five digits
// are a WBAN number, and the first five a WMO number where the sixth is 0; its list has ICAO identifiers.
//
// A match is claimed only where it is unambiguous: of all stations that share an identifier with it and lie
// within 10 km, the other agrees in more identifiers than any second one, seen from either side, and does
// not have another WBAN number.
//
// Source: README File for GHCNh, version 1.0.1, section II; isd-history.txt.

public enum StationMatch {
  /// Lists do not always mean the same corner of an airfield.
  public static let kilometresMax = 10.0

  private enum Kind: String, CaseIterable { case wban, wmo, icao }

  /// All stations of both lists, those of both lists once, sorted by id: those of global-hourly first.
  public static func merged(isd: [Station], ghcnh: [Station]) -> [Station] {
    let pairs = pairs(isd, ghcnh)
    var stations = isd
    var isMatched = [Bool](repeating: false, count: ghcnh.count)
    for (index, other, kinds) in pairs {
      isMatched[other] = true
      stations[index].ghcnh = ghcnh[other].ghcnh
      stations[index].matchedBy = kinds.map(\.rawValue).joined(separator: "+")
      stations[index].wmo = ghcnh[other].wmo
    }
    stations.sort { $0.id < $1.id }
    let rest = ghcnh.indices.filter { !isMatched[$0] }.map { ghcnh[$0] }
    return stations + rest.sorted { $0.id < $1.id }
  }

  private static func pairs(
    _ isd: [Station], _ ghcnh: [Station]
  ) -> [(isd: Int, ghcnh: Int, kinds: [Kind])] {
    var byIdentifier: [String: [Int]] = [:]
    for (index, station) in isd.enumerated() {
      let identifiers = identifiers(isd: station)
      for kind in Kind.allCases {
        guard let identifier = identifiers[kind] else { continue }
        byIdentifier["\(kind.rawValue) \(identifier)", default: []].append(index)
      }
    }
    // By station of global-hourly: those of GHCNh with which it agrees.
    var candidates: [Int: [(other: Int, kinds: [Kind])]] = [:]
    var counts: [Int: [(isd: Int, count: Int)]] = [:]
    for (other, station) in ghcnh.enumerated() {
      var found: [Int: [Kind]] = [:]
      let identifiers = identifiers(ghcnh: station)
      for kind in Kind.allCases {
        guard let identifier = identifiers[kind] else { continue }
        for index in byIdentifier["\(kind.rawValue) \(identifier)"] ?? [] {
          found[index, default: []].append(kind)
        }
      }
      for (index, kinds) in found where areSamePlace(isd[index], station) {
        guard !contradict(isd[index], station) else { continue }
        candidates[index, default: []].append((other, kinds))
        counts[other, default: []].append((index, kinds.count))
      }
    }
    var pairs: [(isd: Int, ghcnh: Int, kinds: [Kind])] = []
    for (index, others) in candidates {
      guard let best = uniqueMaximum(others.map { ($0.other, $0.kinds.count) }),
        let back = counts[best], uniqueMaximum(back.map { ($0.isd, $0.count) }) == index,
        let kinds = others.first(where: { $0.other == best })?.kinds
      else { continue }
      pairs.append((index, best, kinds))
    }
    return pairs.sorted { $0.isd < $1.isd }
  }

  private static func uniqueMaximum(_ values: [(key: Int, count: Int)]) -> Int? {
    guard let most = values.map(\.count).max() else { return nil }
    let best = values.filter { $0.count == most }
    return best.count == 1 ? best[0].key : nil
  }

  private static func areSamePlace(_ one: Station, _ other: Station) -> Bool {
    guard let place = one.place, let otherPlace = other.place else { return false }
    return Distance.kilometres(place, otherPlace) <= kilometresMax
  }

  private static func contradict(_ isd: Station, _ ghcnh: Station) -> Bool {
    guard let one = identifiers(isd: isd)[.wban], let other = identifiers(ghcnh: ghcnh)[.wban]
    else {
      return false
    }
    return one != other
  }

  private static func identifiers(isd station: Station) -> [Kind: String] {
    guard let id = station.isd else { return [:] }
    var found: [Kind: String] = [:]
    let wban = String(id.suffix(5))
    if wban != "99999" { found[.wban] = wban }
    let usaf = id.prefix(6)
    if usaf != "999999", usaf.hasSuffix("0"), usaf.allSatisfy(\.isNumber) {
      found[.wmo] = String(usaf.prefix(5))
    }
    if station.icao.utf8.count == 4 { found[.icao] = station.icao }
    return found
  }

  private static func identifiers(ghcnh station: Station) -> [Kind: String] {
    guard let id = station.ghcnh else { return [:] }
    var found: [Kind: String] = [:]
    if station.wmo.utf8.count == 5 { found[.wmo] = station.wmo }
    if station.icao.utf8.count == 4 { found[.icao] = station.icao }
    switch Array(id)[2] {
    case "W": found[.wban] = String(id.suffix(5))
    case "M": found[.wmo] = String(id.suffix(5))
    case "I": found[.icao] = String(id.suffix(4))
    default: break
    }
    return found
  }
}
