#!/usr/bin/env bash
# Runs Microsoft's SARIF validator, with the rules of GitHub's ingestion, on reports that blurt wrote:
# those of tests/reports.rs. Fails when the validator reports an error. Needs cargo and npm.
set -euo pipefail

version=5.7.0
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/sarif"
BLURT_SARIF_OUT="$work/sarif" cargo test --quiet --manifest-path "$root/Cargo.toml" --test reports

# The npm wrapper hands `;` to a shell and skips making the program executable: it is called directly.
npm install --silent --no-audit --no-fund --prefix "$work" "@microsoft/sarif-multitool-linux@$version"
multitool=$work/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
chmod u+x "$multitool"

cat > "$work/count.js" <<'JS'
const [name, file] = process.argv.slice(2);
const [run] = JSON.parse(require("fs").readFileSync(file, "utf8")).runs;
const counts = { error: 0, warning: 0, note: 0 };
const kinds = new Map();
const rules = run.tool.driver.rules ?? [];
for (const result of run.results ?? []) {
  const level = result.level ?? "warning";
  counts[level] += 1;
  const kind = `${level} ${result.ruleId}`;
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  if (level === "error") {
    const place = result.locations?.[0]?.physicalLocation?.region?.startLine;
    const strings = rules[result.ruleIndex]?.messageStrings ?? {};
    const text = result.message.text ?? strings[result.message.id]?.text ?? result.message.id;
    const filled = text.replace(/\{(\d+)\}/g, (_, n) => result.message.arguments?.[n] ?? "");
    console.log(`${name}:${place}: ${result.ruleId}: ${filled}`);
  }
}
const failures = (run.invocations ?? []).flatMap((i) => [
  ...(i.toolExecutionNotifications ?? []),
  ...(i.toolConfigurationNotifications ?? []),
]).filter((n) => n.level === "error");
for (const failure of failures) console.log(`${name}: the validator failed: ${failure.message.text}`);
console.log(`${name}: ${counts.error} errors, ${counts.warning} warnings, ${counts.note} notes`);
for (const [kind, count] of [...kinds].sort()) console.log(`  ${kind}: ${count}`);
process.exitCode = counts.error + failures.length > 0 ? 1 : 0;
JS

# Whether the pages of references can be reached is no question for a test.
cat > "$work/rules.xml" <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<Properties>
  <Properties Key="SARIF2006.UrisShouldBeReachable.Options">
    <Property Key="RuleEnabled" Value="Disabled" Type="Driver.RuleEnabledState" />
  </Properties>
</Properties>
XML

status=0
for report in "$work"/sarif/*.sarif; do
  # Its exit status is 0 whatever it finds, so its own report is read.
  "$multitool" validate "$report" --rule-kind "Sarif;Gh;Ghas" --level "Error;Warning;Note" \
    --config "$work/rules.xml" --output "$work/validated.sarif" --log ForceOverwrite > "$work/log" || { cat "$work/log"; status=1; }
  node "$work/count.js" "$(basename "$report")" "$work/validated.sarif" || status=1
done
exit "$status"
