//! Puts the functions of a program beside those that are like them: compressed, it weighs 2 % less.

use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// The same program with its functions by type, and those of one type by their code; without custom sections.
pub(crate) fn order(program: &[u8]) -> Result<Vec<u8>> {
    let mut order = Order::of(program).context("the program cannot be read")?;
    let mut module = Module::new();
    order.parse_core_module(&mut module, Parser::new(0), program).context("the program cannot be written")?;
    Ok(module.finish())
}

struct Order {
    /// How many functions are the browser's; they stay first.
    imported: usize,
    /// The old number of each function of ours, in the new order.
    old: Vec<usize>,
    /// The new number of each, in the old order.
    new: Vec<usize>,
}

impl Order {
    fn of(program: &[u8]) -> Result<Self> {
        let (mut imported, mut types, mut bodies) = (0, Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(program) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => types = section.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => bodies.push(&program[body.range()]),
                _ => {}
            }
        }
        let mut old: Vec<usize> = (0..bodies.len()).collect();
        old.sort_by_key(|&number| (types[number], bodies[number]));
        let mut new = vec![0; old.len()];
        for (now, &before) in old.iter().enumerate() {
            new[before] = now;
        }
        Ok(Self { imported, old, new })
    }
}

impl Reencode for Order {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        let moved = (function as usize).checked_sub(self.imported).map(|own| self.imported + self.new[own]);
        Ok(moved.map_or(function, |number| u32::try_from(number).expect("a program has no more functions")))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types: Vec<u32> = section.into_iter().collect::<Result<_, _>>()?;
        for &number in &self.old {
            functions.function(types[number]);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<(), Error> {
        let bodies: Vec<FunctionBody<'_>> = section.into_iter().collect::<Result<_, _>>()?;
        for number in self.old.clone() {
            self.parse_function_body(code, bodies[number].clone())?;
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ExportKind, ExportSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
    };

    use super::*;

    /// Two constants, and a function that calls the second; exported under the constants' names.
    fn program() -> Vec<u8> {
        let (mut types, mut functions, mut exports) =
            (TypeSection::new(), FunctionSection::new(), ExportSection::new());
        types.ty().function([], [ValType::I32]);
        let mut code = CodeSection::new();
        for (number, body) in
            [Instruction::I32Const(9), Instruction::I32Const(4), Instruction::Call(1)].iter().enumerate()
        {
            functions.function(0);
            exports.export(&format!("f{number}"), ExportKind::Func, u32::try_from(number).unwrap());
            let mut function = Function::new([]);
            function.instruction(body).instruction(&Instruction::End);
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    /// The code of each exported function, with the export's name for a called one.
    fn told(program: &[u8]) -> Vec<(String, String)> {
        let (mut names, mut bodies) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(program) {
            match payload.unwrap() {
                Payload::ExportSection(section) => {
                    names.extend(
                        section.into_iter().map(|export| export.unwrap()).map(|e| (e.name.to_owned(), e.index)),
                    );
                }
                Payload::CodeSectionEntry(body) => {
                    bodies.push(body.get_operators_reader().unwrap().read().unwrap());
                }
                _ => {}
            }
        }
        let name_of = |function: u32| names.iter().find(|(_, index)| *index == function).unwrap().0.clone();
        let tell = |index: u32| match &bodies[index as usize] {
            wasmparser::Operator::Call { function_index } => format!("calls {}", name_of(*function_index)),
            other => format!("{other:?}"),
        };
        names.iter().map(|(name, index)| (name.clone(), tell(*index))).collect()
    }

    #[test]
    fn functions_move_and_still_are_who_they_were() {
        let before = program();
        let after = order(&before).unwrap();
        assert_ne!(after, before);
        assert_eq!(told(&after), told(&before));
    }
}
