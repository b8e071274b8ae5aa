public enum WebAddress { public static func host(of url: String) -> String? { nil }
 public static func resolve(_ reference: String, against base: String) -> String? { nil }
 public static func origin(of url: String) -> String? { nil } }
