// swift-tools-version: 6.2
import PackageDescription

// The arrows between targets only point downwards; ARCHITECTURE.md draws them. A target that needs a socket,
// a clock or a thread belongs to the boundary or role layer; everything else is policy and stays pure.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// What tests play for hours of a fleet's time is optimised in debug builds too.
let played: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Policy holds no pointer at all, so that the word `unsafe` never appears in it.
let pure: [SwiftSetting] = strict + played + [.strictMemorySafety()]

func system(_ name: String, apt package: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

func policy(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: pure)
}

func boundary(_ name: String, _ dependencies: [Target.Dependency], more: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + more)
}

/// `exclude`: files that a test reads and rewrites where they lie.
func tests(
    _ name: String,
    _ more: [Target.Dependency] = [],
    exclude: [String] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.init(stringLiteral: name), "TestSupport"] + more,
        exclude: exclude,
        resources: resources,
        swiftSettings: strict
    )
}

let package = Package(
    name: "millrace",
    products: [.executable(name: "millrace", targets: ["millrace"])],
    targets: [
        // C libraries of the system
        system("CZeroMQ", apt: "libzmq3-dev"),
        system("CJansson", apt: "libjansson-dev"),
        system("CPCRE2", apt: "libpcre2-dev"),
        system("CUTF8Proc", apt: "libutf8proc-dev"),
        system("CHttpParser", apt: "libhttp-parser-dev"),
        system("CCurl", apt: "libcurl4-openssl-dev"),
        system("CCrypto", apt: "libssl-dev"),
        system("CSQLite", apt: "libsqlite3-dev"),
        system("CLinux", apt: "libc6-dev"),

        // C of our own
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CChecksum", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
        // C, because only C can build a file in (#embed, which is C23's) without a resource bundle.
        .target(
            name: "CDescription",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wno-c23-extensions"])]
        ),

        // Shared nouns
        policy("Contract"),

        // Boundaries
        boundary("JSON", ["CJansson"]),
        boundary("Wire", ["Contract", "JSON", "CChecksum"]),
        boundary("Fingerprints", ["CCrypto", "Contract", "JSON"]),
        boundary("EventLoop", ["CLinux", "Contract"]),
        boundary("Messaging", ["CZeroMQ", "Contract", "EventLoop"]),
        boundary("Http", ["CLinux", "Contract", "EventLoop"]),
        boundary("Load", ["CLinux", "Contract", "EventLoop", "JSON"]),
        boundary("Telemetry", ["Contract"]),
        boundary("ModelFiles", ["JSON"]),
        boundary("Tokenizer", ["JSON", "CPCRE2", "CUTF8Proc"]),
        boundary("Console", []),
        boundary("HttpClient", ["CCurl"]),
        boundary("SQLite", ["CSQLite"]),
        boundary(
            "PrefixStore",
            ["CChecksum", "CCrypto", "CLinux", "Contract", "EventLoop", "SQLite", "Telemetry"]
        ),
        boundary("ResponseStore", ["CCrypto", "CLinux", "Contract", "EventLoop", "SQLite", "Telemetry"]),
        boundary("ModelStore", ["CCrypto", "CLinux", "Console", "HttpClient", "JSON"]),

        // Policy
        policy("Constraints", ["Contract", "JSON"]),
        policy("Templates", ["JSON"]),
        policy("Output", ["Constraints", "Contract", "JSON"]),
        policy("KVCache", ["Contract"]),
        policy("Lanes", ["Contract"]),
        policy("Ownership", ["Contract"]),
        policy("Dialects", ["Constraints", "Contract", "JSON"]),
        policy("Placement", ["Contract"]),
        policy("Roles", ["Contract", "Lanes", "Ownership", "Placement"]),
        boundary("Transformer", ["CKernels", "CLinux", "ModelFiles", "KVCache", "Contract"]),
        boundary(
            "Engine",
            [
                "CKernels", "Constraints", "Contract", "KVCache", "ModelFiles", "Output", "Transformer",
                "Tokenizer",
            ],
            more: played
        ),

        boundary(
            "ModelFacts",
            ["Console", "Engine", "JSON", "ModelFiles", "Templates", "Tokenizer", "Transformer"]
        ),

        // Test support: what tests read and draw, and a fleet in one thread under a seed
        boundary("TestSupport", ["JSON"]),
        boundary(
            "Simulation",
            ["Contract", "Engine", "Fingerprints", "Lanes", "Placement", "Roles", "Wire"],
            more: played
        ),

        boundary("Ports", ["Contract", "EventLoop", "Messaging", "Telemetry", "Wire"]),

        // Roles: own sockets, clocks and threads, no policy
        boundary(
            "Edge",
            [
                "CCrypto", "CDescription", "Contract", "Dialects", "EventLoop", "Fingerprints", "Http",
                "JSON", "Messaging", "Ports", "ResponseStore", "Roles", "Telemetry",
            ]
        ),
        boundary(
            "Coordinator",
            ["Contract", "EventLoop", "Lanes", "Messaging", "Ports", "Roles", "Telemetry"]
        ),
        boundary(
            "Worker",
            [
                "CLinux", "Constraints", "Contract", "Engine", "EventLoop", "Fingerprints", "JSON",
                "KVCache", "Messaging", "ModelFiles", "Output", "Placement", "Ports", "PrefixStore", "Roles",
                "Telemetry", "Templates", "Tokenizer", "Transformer",
            ]
        ),
        boundary("Configuration", ["Dialects", "JSON", "Output", "Telemetry"]),
        boundary("Chat", ["Configuration", "Console", "HttpClient", "JSON"]),
        .executableTarget(
            name: "millrace",
            dependencies: [
                "CKernels", "CLinux", "Chat", "Configuration", "Console", "Constraints", "Contract",
                "Coordinator", "Dialects", "Edge", "Engine", "EventLoop", "Http", "JSON", "KVCache", "Lanes",
                "Load", "Messaging", "ModelFacts", "ModelFiles", "ModelStore", "Output", "Ports",
                "PrefixStore", "ResponseStore", "Roles", "Simulation", "Telemetry", "Templates",
                "Tokenizer", "Transformer", "Worker",
            ],
            // Found beside the executable at run time; a resource bundle would bring Foundation in.
            exclude: ["Resources"],
            swiftSettings: strict
        ),

        // Tests
        tests("Contract"),
        tests("JSON"),
        tests("Wire", ["Contract", "JSON"], resources: [.copy("Golden")]),
        tests("EventLoop", ["Contract"]),
        tests("Messaging", ["CZeroMQ", "Contract", "EventLoop", "Wire"]),
        tests("Http", ["CHttpParser", "CLinux", "Contract", "EventLoop"]),
        tests("Load", ["Contract", "JSON"]),
        tests("ModelFiles", ["JSON"]),
        tests("Tokenizer", ["JSON"], resources: [.copy("Fixtures")]),
        tests("Constraints", ["Contract", "JSON"], resources: [.copy("Fixtures")]),
        tests("Templates", ["JSON"], exclude: ["Fixtures"]),
        tests("Output", ["Constraints", "Contract", "JSON"]),
        tests("KVCache", ["Contract"]),
        .target(name: "CAllocations", path: "Tests/CAllocations"),
        tests(
            "Transformer",
            ["CAllocations", "CKernels", "Contract", "JSON", "KVCache", "ModelFiles"],
            resources: [.copy("Fixtures")]
        ),
        tests(
            "Engine",
            ["CChecksum", "Contract", "JSON", "KVCache", "ModelFiles", "Output", "Tokenizer", "Transformer"]
        ),
        tests("Lanes", ["Contract"]),
        tests("Ownership", ["Contract"]),
        tests("Fingerprints", ["Contract"]),
        tests("Dialects", ["Contract", "JSON"], exclude: ["Golden"]),
        tests("Placement", ["Contract"]),
        tests("Roles", ["Contract", "Lanes", "Placement"]),
        tests("Simulation"),
        tests("Ports", ["Contract", "EventLoop", "Messaging", "Telemetry", "Wire"]),
        tests(
            "Edge",
            [
                "Contract", "Dialects", "EventLoop", "Http", "JSON", "Messaging", "Ports", "ResponseStore",
                "Telemetry",
            ]
        ),
        tests("Configuration", ["Dialects", "JSON", "Telemetry"]),
        tests("Telemetry", ["Contract", "JSON"]),
        tests("Chat", ["Configuration", "EventLoop", "JSON"]),
        tests("Console"),
        tests("HttpClient"),
        tests("ModelFacts", ["JSON", "ModelFiles", "Templates", "Tokenizer"]),
        tests(
            "Worker",
            [
                "Constraints", "Contract", "Engine", "EventLoop", "Fingerprints", "JSON", "Messaging",
                "ModelFiles", "Output",
                "PrefixStore", "Telemetry", "Templates", "Tokenizer", "Transformer",
            ]
        ),
        tests("ModelStore", ["HttpClient", "JSON"]),
        tests("PrefixStore", ["CChecksum", "Contract", "EventLoop", "Telemetry"]),
        tests("ResponseStore", ["Contract", "EventLoop", "Telemetry"]),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)

// Built only for `scripts/fuzz`: libFuzzer brings the function `main`, so that nothing else could link it.
if Context.environment["MILLRACE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Engine", "JSON", "ModelFacts", "ModelFiles", "Templates", "Tokenizer"],
            path: "Tests/Fuzz",
            exclude: ["Seeds", "Words"],
            swiftSettings: strict
        )
    )
}
