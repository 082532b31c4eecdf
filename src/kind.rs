//! The kind of file that a path promises: it decides whether an unquoted word can be a value.

use bstr::{BStr, ByteSlice};

/// How values are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A programming language: a value is a quoted literal, an unquoted word a name.
    Code,
    /// `NAME=value`, the value being one word: shell, Dockerfile, Makefile.
    Assignments,
    /// `name=value` to the end of the line: env, ini, properties.
    Settings,
    /// `name: value` to the end of the line.
    Yaml,
    /// Values are quoted (JSON, TOML, HCL).
    Quoted,
    /// Values stand in elements or attributes.
    Markup,
    /// Prose, logs, and what has no telling name.
    Text,
}

impl FileKind {
    /// The kind of the file named `path`.
    #[must_use]
    pub fn of(path: &BStr) -> Self {
        let name = path.rsplit_once_str("/").map_or(path.as_bytes(), |(_, name)| name);
        let lower = name.to_ascii_lowercase();
        Self::of_name(&lower).unwrap_or_else(|| {
            let extension = lower.rsplit_once_str(".").map_or(&b""[..], |(_, ext)| ext);
            Self::of_extension(extension)
        })
    }

    fn of_name(name: &[u8]) -> Option<Self> {
        let env = name == b".env" || name.starts_with(b".env.") || name.ends_with(b".env");
        Some(match name {
            _ if env => Self::Settings,
            b"dockerfile" | b"containerfile" | b"makefile" | b".netrc" | b"_netrc" | b".pgpass"
            | b".bashrc" | b".zshrc" | b".profile" | b".envrc" | b"hosts" | b"inventory" => {
                Self::Assignments
            }
            b".npmrc" | b".yarnrc" | b".pypirc" | b".my.cnf" | b".s3cfg" | b".boto"
            | b"credentials" | b"pip.conf" | b".wgetrc" | b".smbcredentials" => Self::Settings,
            // XML, unlike other files of this ending.
            b"web.config" | b"app.config" | b"nuget.config" | b"machine.config" => Self::Markup,
            _ if name.starts_with(b"web.") && name.ends_with(b".config") => Self::Markup,
            _ if name.starts_with(b"dockerfile.") => Self::Assignments,
            b"config.json" | b".dockercfg" | b".dockerconfigjson" => Self::Quoted,
            b"jenkinsfile" | b"vagrantfile" | b"gemfile" | b"rakefile" | b"podfile" => Self::Code,
            _ => return None,
        })
    }

    fn of_extension(extension: &[u8]) -> Self {
        match extension {
            b"sh" | b"bash" | b"zsh" | b"fish" | b"ksh" | b"bat" | b"cmd" | b"mk"
            | b"dockerfile" => Self::Assignments,
            b"env" | b"ini" | b"cfg" | b"conf" | b"config" | b"cnf" | b"properties" | b"props"
            | b"service" | b"desktop" | b"rc" | b"nmconnection" | b"reg" | b"rdp" => Self::Settings,
            b"yaml" | b"yml" => Self::Yaml,
            b"json" | b"json5" | b"jsonc" | b"toml" | b"tf" | b"tfvars" | b"hcl" | b"tfstate"
            | b"ipynb" | b"lock" | b"map" | b"webmanifest" => Self::Quoted,
            b"xml" | b"plist" | b"html" | b"htm" | b"xhtml" | b"svg" | b"csproj" | b"resx"
            | b"pom" => Self::Markup,
            b"rs" | b"go" | b"py" | b"pyi" | b"pyx" | b"js" | b"mjs" | b"cjs" | b"jsx" | b"ts"
            | b"mts" | b"cts" | b"tsx" | b"java" | b"kt" | b"kts" | b"scala" | b"sc" | b"c"
            | b"h" | b"cc" | b"cpp" | b"cxx" | b"hpp" | b"hh" | b"cs" | b"rb" | b"erb" | b"php"
            | b"swift" | b"m" | b"mm" | b"dart" | b"lua" | b"pl" | b"pm" | b"t" | b"r" | b"jl"
            | b"ex" | b"exs" | b"erl" | b"hrl" | b"clj" | b"cljs" | b"hs" | b"ml" | b"mli"
            | b"fs" | b"fsx" | b"vb" | b"vbs" | b"sql" | b"groovy" | b"gradle" | b"vue"
            | b"svelte" | b"coffee" | b"ps1" | b"psm1" | b"psd1" | b"proto" | b"zig" | b"nim"
            | b"d" | b"s" | b"asm" | b"css" | b"scss" | b"less" | b"graphql" | b"sol" | b"inc"
            | b"ipp" | b"phpt" | b"po" | b"pot" => Self::Code,
            _ => Self::Text,
        }
    }

    /// Whether an unquoted word after an operator is a value here.
    #[must_use]
    pub fn has_bare_values(self) -> bool {
        matches!(self, Self::Assignments | Self::Settings | Self::Yaml | Self::Text)
    }

    /// Whether a blank may assign: `ENV name value`.
    #[must_use]
    pub fn assigns_by_blank(self) -> bool {
        matches!(self, Self::Assignments | Self::Settings)
    }
}

/// A set of kinds: a blob of a history may be known by several names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileKinds(u8);

impl FileKinds {
    const ALL: [FileKind; 7] = [
        FileKind::Code,
        FileKind::Assignments,
        FileKind::Settings,
        FileKind::Yaml,
        FileKind::Quoted,
        FileKind::Markup,
        FileKind::Text,
    ];

    /// The set as bits, to be kept where space matters.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The set that has these bits.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether there is no kind in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `kind` is one of them.
    #[must_use]
    pub fn contains(self, kind: FileKind) -> bool {
        self.0 & Self::from(kind).0 != 0
    }

    /// The kinds in it, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = FileKind> {
        Self::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    /// Whether all of `others` are among them.
    #[must_use]
    pub fn contains_all(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }
}

impl From<FileKind> for FileKinds {
    fn from(kind: FileKind) -> Self {
        Self(1 << kind as u8)
    }
}
