// swift-tools-version: 6.2
import PackageDescription

/// The same settings in every target: `any` is written out, a module names what it uses, and an import that leaks says so.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For the one hot room: a parser's callbacks touch its state a million times a second, and checking each access for exclusivity at run
/// time costs a tenth of the whole. The compiler's own checks and the sanitizers stay.
let unchecked: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

// Arrows point downwards only; docs/architecture.md draws them.
let package = Package(
    name: "wiredesk",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "wiredesk", targets: ["wiredesk"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMongoC", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CProcess"),

        .target(name: "WireCore", swiftSettings: settings),
        .target(name: "Inflate", dependencies: ["CZlib"], swiftSettings: settings),
        .target(name: "Resilience", dependencies: ["WireCore"], swiftSettings: settings),
        .target(name: "Costs", dependencies: ["WireCore"], resources: [.embedInCode("Prices.json")], swiftSettings: settings),
        .target(name: "Fetch", dependencies: ["WireCore", "Inflate", "CCurl"], swiftSettings: settings),
        .target(name: "Processes", dependencies: ["WireCore", "CProcess"], swiftSettings: settings),
        .target(name: "Feeds", dependencies: ["WireCore", "Inflate", "CLibXML2"], swiftSettings: settings + unchecked),
        .target(name: "SourcePlugins", dependencies: ["WireCore", "Feeds", "Fetch"], swiftSettings: settings),
        .target(name: "Stores", dependencies: ["WireCore", "Resilience", "Costs"], swiftSettings: settings),
        .target(name: "SQLiteStore", dependencies: ["Stores", "Costs", "WireCore", "Resilience", grdb], swiftSettings: settings),
        .target(name: "MongoStore", dependencies: ["Stores", "Costs", "WireCore", "Resilience", "CMongoC"], swiftSettings: settings),
        .target(
            name: "LLM", dependencies: ["WireCore", "Costs", "Fetch", "Resilience", "Stores", "CCrypto", logging], swiftSettings: settings),
        .target(name: "Newsroom", dependencies: ["WireCore", "Costs", "Feeds", "LLM", "Fetch", "Stores", logging], swiftSettings: settings),
        .target(
            name: "Host",
            dependencies: [
                "WireCore", "Resilience", "Costs", "Fetch", "Feeds", "Processes", "SourcePlugins", "LLM", "Newsroom", "Stores", logging, lifecycle,
                heap, deque,
            ],
            swiftSettings: settings),
        .target(
            name: "Demo",
            dependencies: [
                "WireCore", "Inflate", "Resilience", "Costs", "LLM", "Newsroom", "Host", "Stores", "Fetch", "SQLiteStore", hummingbird, nioCore,
                httpTypes, logging, lifecycle,
            ],
            swiftSettings: settings),
        .target(
            name: "Web",
            dependencies: [
                "WireCore", "Resilience", "Costs", "Fetch", "LLM", "Newsroom", "Host", "Stores", hummingbird, nioCore, nioPosix, httpTypes, logging,
                lifecycle,
            ],
            resources: [.embedInCode("Assets/desk.css"), .embedInCode("Assets/desk.js"), .embedInCode("Assets/icon.svg")],
            swiftSettings: settings),
        .target(
            name: "Kit", dependencies: ["WireCore", "Inflate", "Resilience", "Fetch", "Feeds", "SourcePlugins", "Host"], swiftSettings: settings),
        .target(
            name: "Commands",
            dependencies: [
                "WireCore", "Resilience", "Costs", "Fetch", "Feeds", "SourcePlugins", "LLM", "Newsroom", "Stores", "SQLiteStore", "MongoStore",
                "Host", "Web", "Demo", "Kit", "CMalloc",
                argumentParser, logging, lifecycle, unixSignals,
            ],
            swiftSettings: settings),
        .executableTarget(name: "wiredesk", dependencies: ["Commands", argumentParser], swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: ["WireCore", "Stores", "Costs", "Resilience"], swiftSettings: settings),
        .executableTarget(
            name: "StoreCrashWriter", dependencies: ["SQLiteStore", "Stores", "WireCore"], path: "Tests/StoreCrashWriter", swiftSettings: settings),
        .executableTarget(
            name: "LedgerCrashWriter", dependencies: ["SQLiteStore", "Stores", "Costs", "WireCore"], path: "Tests/LedgerCrashWriter",
            swiftSettings: settings),
        .executableTarget(
            name: "NewsroomCrashWriter", dependencies: ["SQLiteStore", "Stores", "WireCore"], path: "Tests/NewsroomCrashWriter",
            swiftSettings: settings),
        .executableTarget(
            name: "DashboardStage",
            dependencies: ["Web", "Host", "LLM", "Newsroom", "Stores", "SQLiteStore", "Costs", "Fetch", "Resilience", "WireCore", logging],
            path: "Tests/DashboardStage",
            swiftSettings: settings),
        .executableTarget(
            name: "LedgerBench", dependencies: ["SQLiteStore", "Stores", "Costs", "WireCore", grdb], path: "Benchmarks/LedgerBench",
            swiftSettings: settings),
        .executableTarget(
            name: "PageBench",
            dependencies: ["Web", "Host", "Stores", "SQLiteStore", "Costs", "Fetch", "WireCore", grdb, logging], path: "Benchmarks/PageBench",
            swiftSettings: settings),
        .executableTarget(
            name: "StoreBench", dependencies: ["SQLiteStore", "MongoStore", "Stores", "WireCore"], path: "Benchmarks/StoreBench",
            swiftSettings: settings),
        .executableTarget(name: "ExchangeBench", dependencies: ["Fetch", "WireCore"], path: "Benchmarks/ExchangeBench", swiftSettings: settings),
        .testTarget(name: "WireCoreTests", dependencies: ["WireCore"], swiftSettings: settings),
        .testTarget(name: "CostsTests", dependencies: ["Costs", "WireCore"], swiftSettings: settings),
        .testTarget(name: "LLMTests", dependencies: ["LLM", "Costs", "WireCore"], swiftSettings: settings),
        .testTarget(
            name: "GatewayTests", dependencies: ["LLM", "Costs", "Fetch", "Stores", "SQLiteStore", "WireCore", "TestSupport", "wiredesk", logging],
            swiftSettings: settings),
        .testTarget(name: "ResilienceTests", dependencies: ["Resilience", "WireCore", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "FetchTests", dependencies: ["Fetch", "Inflate", "CZlib", "WireCore", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "FeedsTests", dependencies: ["Feeds", "Inflate", "WireCore"], swiftSettings: settings),
        .testTarget(name: "ProcessesTests", dependencies: ["Processes", "WireCore"], swiftSettings: settings),
        .testTarget(
            name: "SourcePluginsTests", dependencies: ["SourcePlugins", "Feeds", "Fetch", "WireCore", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "StoresTests",
            dependencies: [
                "Stores", "SQLiteStore", "MongoStore", "CMongoC", "Costs", "Resilience", "WireCore", "TestSupport", "StoreCrashWriter",
                "LedgerCrashWriter",
                "NewsroomCrashWriter", grdb,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "NewsroomTests",
            dependencies: ["Newsroom", "LLM", "Costs", "Fetch", "Stores", "SQLiteStore", "WireCore", "TestSupport", logging], swiftSettings: settings),
        .testTarget(
            name: "HostTests",
            dependencies: [
                "Host", "Costs", "Newsroom", "SourcePlugins", "Feeds", "Fetch", "Inflate", "Stores", "SQLiteStore", "Resilience", "WireCore",
                "TestSupport",
                logging,
            ],
            exclude: ["Shapes"],
            swiftSettings: settings),
        .testTarget(
            name: "KitTests", dependencies: ["Kit", "Host", "SourcePlugins", "Fetch", "WireCore", "wiredesk"], swiftSettings: settings),
        .testTarget(
            name: "CommandsTests",
            dependencies: ["Commands", "Demo", "Host", "Web", "Stores", "SQLiteStore", "MongoStore", "Costs", "WireCore", "TestSupport", "wiredesk"],
            swiftSettings: settings),
        .testTarget(
            name: "WebTests", dependencies: ["Web", "Stores", "Costs", "WireCore", "TestSupport", "DashboardStage", httpTypes],
            swiftSettings: settings),
        .testTarget(
            name: "DemoTests", dependencies: ["Demo", "Host", "Stores", "WireCore", "TestSupport", logging], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
