// swift-tools-version: 6.2
// moaa: an embedded, storage-centric engine for hourly weather.
//
// The target graph below is the import table of docs/ARCHITECTURE.md. The build refuses any import
// that is not written here (tools/test passes --explicit-target-dependency-import-check error).
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "moaa",
  products: [
    .executable(name: "moaa", targets: ["moaa"]),
    .library(name: "LogStore", targets: ["LogStore"]),
    .library(name: "Aggregation", targets: ["Aggregation"]),
    .library(name: "Observations", targets: ["Observations"]),
  ],
  targets: [
    // C libraries: module maps only.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
    .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),

    // Byte masks and the scan of plain CSV rows: SSE2, AVX2 and AVX-512, chosen at run time; plain C elsewhere.
    .target(name: "CScan"),

    // Pure: no I/O, no clock.
    library("Observations", ["CScan"]),
    library("Aggregation", ["Observations"]),
    library("Arguments"),
    library("SampleData", ["Observations"]),

    // Files inside files: knows bytes, not weather, and does no I/O.
    library("Unpacking", ["CISAL"]),

    // Storage: knows bytes, not weather.
    library("LogStore", ["CSQLite", "CZstd", "CCrypto"]),

    // The jobs.
    library(
      "Pipeline",
      ["LogStore", "Aggregation", "Observations", "Unpacking", "CZlib", "CXXHash"]),

    // What every connection to a server needs: waiting before another attempt, files with secrets.
    library("Connections"),

    // NOAA's files into a cache, and its lists of stations.
    library("Downloads", ["Connections", "Observations", "CCurl", "CCrypto"]),

    // Results into MySQL and MariaDB.
    library(
      "MySQLSync",
      ["Connections", "LogStore", "Aggregation", "Observations", "CMariaDB", "CCrypto"]),

    // Topics to and from Kafka.
    library("KafkaSync", ["Connections", "LogStore", "CRdKafka"]),

    // Members of a consumer group that share the aggregation of a Kafka topic.
    library(
      "Workers",
      ["Connections", "KafkaSync", "Pipeline", "LogStore", "Aggregation", "Observations"]),

    // Observations through unix sockets: who takes them, who feeds them.
    library(
      "Sockets",
      ["Connections", "Pipeline", "LogStore", "Aggregation", "Observations", "CXXHash"]),

    // Parts that run beside each other: started again when they fail, ended in order.
    library("Supervision", ["Connections"]),

    // Figures for Prometheus, over HTTP on this machine.
    library("Metrics", ["CMicroHTTPD"]),

    // The command line wires everything.
    .executableTarget(
      name: "moaa",
      dependencies: [
        "Arguments", "Pipeline", "Connections", "Downloads", "MySQLSync", "KafkaSync", "Workers",
        "Sockets", "Supervision", "Metrics",
        "LogStore",
        "Aggregation", "Observations", "SampleData",
      ],
      swiftSettings: strict),

    // Measurements; tools/bench runs them.
    .executableTarget(
      name: "moaa-bench",
      dependencies: [
        "Pipeline", "MySQLSync", "LogStore", "Aggregation", "Observations", "CSQLite",
      ],
      swiftSettings: strict),

    // What several test targets share.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("ArgumentsTests", ["Arguments"]),
    tests("SampleDataTests", ["SampleData", "Observations"]),
    tests("ObservationsTests", ["Observations", "CScan", "TestSupport"]),
    tests("AggregationTests", ["Aggregation", "Observations", "TestSupport"]),
    tests("UnpackingTests", ["Unpacking", "TestSupport"]),
    // Run as processes of their own by the tests of the store, to be killed and to meet faults.
    .executableTarget(
      name: "LogStoreProbe", dependencies: ["LogStore", "CSQLite"], path: "Tests/LogStoreProbe",
      swiftSettings: strict),
    tests(
      "PipelineTests",
      ["Pipeline", "LogStore", "Aggregation", "Observations", "CSQLite", "TestSupport"]),
    tests("DownloadsTests", ["Downloads", "Observations", "TestSupport"]),
    tests(
      "MySQLSyncTests",
      [
        "MySQLSync", "Connections", "LogStore", "Aggregation", "Observations", "CMariaDB",
        "TestSupport",
      ]),
    tests(
      "KafkaSyncTests",
      ["KafkaSync", "Connections", "LogStore", "CRdKafka", "TestSupport", "moaa"]),
    tests(
      "WorkersTests",
      [
        "moaa", "Workers", "KafkaSync", "Pipeline", "LogStore", "Aggregation", "Observations",
        "TestSupport", "CRdKafka",
      ]),
    tests(
      "SocketsTests",
      ["Sockets", "Pipeline", "LogStore", "Aggregation", "Observations", "TestSupport"]),
    tests("SupervisionTests", ["Supervision", "TestSupport"]),
    tests("MetricsTests", ["Metrics", "TestSupport"]),
    tests("LogStoreTests", ["LogStore", "LogStoreProbe", "CSQLite"]),
    // The program itself, as its users run it: processes, exit codes, output.
    tests("MoaaTests", ["moaa", "MySQLSync", "KafkaSync", "LogStore", "TestSupport", "CSQLite"]),
  ],
  swiftLanguageModes: [.v6]
)

// tools/fuzz alone builds this: it wants every target instrumented.
if Context.environment["MOAA_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "moaa-fuzz", dependencies: ["Observations", "Unpacking"],
      path: "tools/fuzzing/Sources",
      // libFuzzer has the main function.
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
