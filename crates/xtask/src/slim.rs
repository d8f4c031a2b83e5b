//! Takes out of the bound program what no page needs: classes that a dependency exports, long names, indentation.

use std::collections::HashSet;

use wasm_bindgen_cli_support::Output;

/// A name this short stays as it is, such as `memory`.
const SHORT: usize = 12;

/// The program, and the script that starts it.
pub(crate) fn slim(mut output: Output) -> (Vec<u8>, String) {
    let script = without_classes(output.js());
    drop_exports(&mut output, &script);
    let script = without_imports(&output, &script);
    let script = rename(&mut output, script);
    (output.wasm_mut().emit_wasm(), plain(&script))
}

/// The script without what it offers to other scripts: nobody imports it.
///
/// Leptos brings classes for the streams of its own servers, which would keep a fiftieth of the program alive.
fn without_classes(script: &str) -> String {
    let offered = ["export ", "if (Symbol.dispose)", "function initSync("];
    let kept: String =
        blocks(script, 0).filter(|block| !offered.iter().any(|start| block.starts_with(start))).collect();
    let is_used = |block: &str| match block.strip_prefix("const ").and_then(|rest| rest.split_once(' ')) {
        Some((name, _)) => kept.matches(name).count() > 1,
        None => true,
    };
    blocks(&kept, 0).filter(|block| is_used(block)).collect()
}

/// The statements, or members, that stand that many brackets deep, each with all its lines.
fn blocks(script: &str, depth: usize) -> impl Iterator<Item = &str> {
    let mut starts = vec![0];
    let (mut at, mut open) = (0, 0);
    for line in script.split_inclusive('\n') {
        let goes_on = line.trim_start().starts_with(['?', ':', '}']);
        if open == depth && !goes_on && at > 0 {
            starts.push(at);
        }
        open = open + line.matches(['{', '(']).count() - line.matches(['}', ')']).count();
        at += line.len();
    }
    starts.push(at);
    (1..starts.len()).map(move |next| &script[starts[next - 1]..starts[next]])
}

/// Deletes what the script does not call, and everything that was there only for it.
fn drop_exports(output: &mut Output, script: &str) {
    let module = output.wasm_mut();
    let unused: Vec<_> = module
        .exports
        .iter()
        .filter(|export| !script.contains(&format!("wasm.{}", export.name)))
        .map(walrus::Export::id)
        .collect();
    for export in unused {
        module.exports.delete(export);
    }
    walrus::passes::gc::run(module);
}

/// The script without the functions that the program no longer imports.
fn without_imports(output: &Output, script: &str) -> String {
    let wanted: HashSet<&str> = output.wasm().imports.iter().map(|import| import.name.as_str()).collect();
    let is_wanted = |block: &str| {
        let name = block.trim_start().split(':').next().unwrap_or_default();
        !name.starts_with("__wb") || wanted.contains(name)
    };
    blocks(script, 2).filter(|block| is_wanted(block)).collect()
}

/// Gives the two sides short names for each other: the long ones weigh 1 % of the console.
fn rename(output: &mut Output, mut script: String) -> String {
    let module = output.wasm_mut();
    let imports = module.imports.iter_mut().map(|import| &mut import.name).zip(names('i'));
    let exports = module.exports.iter_mut().map(|export| &mut export.name).zip(names('x'));
    let mut pairs: Vec<_> = imports.chain(exports).filter(|(name, _)| name.len() > SHORT).collect();
    // The longest first, for one may begin with another.
    pairs.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, short) in pairs {
        script = script.replace(name.as_str(), &short);
        *name = short;
    }
    script
}

fn names(letter: char) -> impl Iterator<Item = String> {
    (0..).map(move |number| format!("{letter}{number}"))
}

/// The script without comments, indentation and empty lines.
fn plain(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['/', '*']));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_offers_to_others_is_left_out() {
        let script = "export class Stream {\n    close() {\n        StreamEnd.tell(this);\n    }\n}\n\
                      const StreamEnd = (typeof Registry === 'undefined')\n    ? null\n    : new Registry();\n\
                      let started = 1;\nfunction start() {\n    started = 2;\n}\nexport { start as default };\n";
        assert_eq!(without_classes(script), "let started = 1;\nfunction start() {\n    started = 2;\n}\n");
    }
}
