//! From words to steps: a recursive descent that does not go deeper than [`DEEPEST`].

use alloc::{format, string::String, sync::Arc, vec, vec::Vec};

use super::{
    lexer::{Lexer, Place, Token, Wrong},
    library::Function,
    program::{Argument, Binary, Defined, Id, Local, Names, Step, Target},
};

/// How deep statements and expressions may be nested. It bounds the stack.
const DEEPEST: usize = 64;

type Parsed<T = ()> = Result<T, Wrong>;

/// One line, or one function.
pub(super) enum Item {
    Steps(Vec<Step>),
    Define(Id, Defined),
    /// `quit`, after what stands before it in its line.
    Quit(Vec<Step>),
    End,
}

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    names: &'a mut Names,
    token: Token,
    place: Place,
    steps: Vec<Step>,
    depth: usize,
    /// For each loop, the jumps of `break` and `continue` that are still without an aim.
    loops: Vec<(Vec<usize>, Vec<usize>)>,
    in_function: bool,
    quits: bool,
    has_library: bool,
}

const KEYWORDS: [&str; 16] = [
    "auto", "break", "continue", "define", "else", "for", "halt", "if", "length", "print", "quit", "read", "return",
    "sqrt", "while", "limits",
];

impl<'a> Parser<'a> {
    pub fn new(text: &'a [u8], line: usize, names: &'a mut Names, has_library: bool) -> Parsed<Self> {
        let mut parser = Self {
            lexer: Lexer::new(text, line),
            names,
            token: Token::Newline,
            place: Place { line, column: 1 },
            steps: Vec::new(),
            depth: 0,
            loops: Vec::new(),
            in_function: false,
            quits: false,
            has_library,
        };
        parser.advance()?;
        Ok(parser)
    }

    /// How much was taken, and the line behind it.
    pub fn taken(&self) -> (usize, usize) {
        (self.lexer.taken(), self.lexer.line())
    }

    fn advance(&mut self) -> Parsed {
        (self.token, self.place) = self.lexer.next()?;
        Ok(())
    }

    fn wrong<T>(&self, what: impl Into<String>) -> Parsed<T> {
        match self.token {
            Token::End => Err(Wrong::Incomplete),
            _ => Err(Wrong::At(self.place, what.into())),
        }
    }

    fn is(&self, sign: &str) -> bool {
        matches!(&self.token, Token::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Name(found) if found == word)
    }

    fn take(&mut self, sign: &str) -> Parsed<bool> {
        let found = self.is(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, sign: &str) -> Parsed {
        match self.take(sign)? {
            true => Ok(()),
            false => self.wrong(format!("'{sign}' is expected here")),
        }
    }

    fn newlines(&mut self) -> Parsed {
        while self.token == Token::Newline {
            self.advance()?;
        }
        Ok(())
    }

    fn name(&mut self) -> Parsed<String> {
        match &self.token {
            Token::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                let name = name.clone();
                self.advance()?;
                Ok(name)
            }
            _ => self.wrong("a name is expected here"),
        }
    }

    fn enter(&mut self) -> Parsed {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => self.wrong(format!("this is nested deeper than {DEEPEST} levels")),
            false => Ok(()),
        }
    }

    /// The next line or function. The newline at its end is the last that is taken.
    pub fn item(mut self) -> Parsed<(Item, usize, usize)> {
        if self.token == Token::End {
            let (taken, line) = self.taken();
            return Ok((Item::End, taken, line));
        }
        let item = if self.is_word("define") {
            self.define()?
        } else {
            self.statements(|parser| matches!(parser.token, Token::Newline | Token::End))?;
            if self.token == Token::End {
                return Err(Wrong::Incomplete);
            }
            let steps = core::mem::take(&mut self.steps);
            if self.quits { Item::Quit(steps) } else { Item::Steps(steps) }
        };
        let (taken, line) = self.taken();
        Ok((item, taken, line))
    }

    /// Statements between semicolons, up to what `ends` says.
    fn statements(&mut self, ends: fn(&Self) -> bool) -> Parsed {
        while !ends(self) && !self.quits {
            if self.take(";")? {
                continue;
            }
            self.statement()?;
            if !ends(self) && !self.is(";") && self.token != Token::Newline && !self.is("}") {
                return self.wrong("the statement should end here");
            }
            if self.is("}") || self.token == Token::Newline {
                break;
            }
        }
        Ok(())
    }

    fn statement(&mut self) -> Parsed {
        self.enter()?;
        self.steps.push(Step::Line(self.place.line));
        match self.token.clone() {
            Token::Text(text) => {
                self.advance()?;
                self.steps.push(Step::Text(text.into()));
            }
            Token::Sign("{") => self.block()?,
            Token::Name(name) => match name.as_str() {
                "if" => self.if_statement()?,
                "while" => self.while_statement()?,
                "for" => self.for_statement()?,
                "print" => self.print_statement()?,
                "break" | "continue" => {
                    let at = self.steps.len();
                    match self.loops.last_mut() {
                        Some((breaks, _)) if name == "break" => breaks.push(at),
                        Some((_, continues)) => continues.push(at),
                        None => return self.wrong(format!("'{name}' stands in no loop")),
                    }
                    self.steps.push(Step::Jump(0));
                    self.advance()?;
                }
                "return" => {
                    if !self.in_function {
                        return self.wrong("'return' stands in no function");
                    }
                    self.advance()?;
                    let empty = matches!(self.token, Token::Newline | Token::Sign(";" | "}"));
                    match empty {
                        true => self.steps.push(Step::Number("0".into())),
                        false => drop(self.expression()?),
                    }
                    self.steps.push(Step::Return);
                }
                "quit" => {
                    self.quits = true;
                    self.token = Token::Newline;
                }
                "halt" => {
                    self.steps.push(Step::Halt);
                    self.advance()?;
                }
                "limits" => {
                    self.advance()?;
                    let text = "BC_BASE_MAX = 2147483647\nBC_DIM_MAX = 16777215\nBC_SCALE_MAX = 2147483647\nBC_STRING_MAX = 2147483647\n";
                    self.steps.push(Step::Text(text.as_bytes().into()));
                }
                "define" => return self.wrong("a function can only be defined at the beginning of a line"),
                "auto" => return self.wrong("'auto' stands at the beginning of a function"),
                "else" => return self.wrong("there is no 'if' before this 'else'"),
                _ => self.expression_statement()?,
            },
            _ => self.expression_statement()?,
        }
        self.depth -= 1;
        Ok(())
    }

    /// The value is printed, unless the statement assigns.
    fn expression_statement(&mut self) -> Parsed {
        let assigns = self.expression()?;
        self.steps.push(if assigns { Step::Drop } else { Step::Print });
        Ok(())
    }

    fn block(&mut self) -> Parsed {
        self.expect("{")?;
        loop {
            self.newlines()?;
            if self.take("}")? {
                return Ok(());
            }
            if self.take(";")? {
                continue;
            }
            self.statements(|parser| parser.is("}") || parser.token == Token::Newline)?;
            if self.quits {
                return Ok(());
            }
            if !self.is("}") && self.token != Token::Newline {
                return self.wrong("'}' is expected here");
            }
        }
    }

    /// A statement that belongs to what stands before it, perhaps in another line.
    fn body(&mut self) -> Parsed {
        self.newlines()?;
        self.statement()
    }

    fn jump(&mut self, step: fn(usize) -> Step) -> usize {
        self.steps.push(step(0));
        self.steps.len() - 1
    }

    fn aim(&mut self, at: usize) {
        let here = self.steps.len();
        self.aim_at(at, here);
    }

    fn aim_at(&mut self, at: usize, there: usize) {
        match &mut self.steps[at] {
            Step::Jump(to) | Step::JumpIfZero(to) => *to = there,
            _ => {}
        }
    }

    fn if_statement(&mut self) -> Parsed {
        self.advance()?;
        self.expect("(")?;
        self.expression()?;
        self.expect(")")?;
        let skip = self.jump(Step::JumpIfZero);
        self.body()?;
        if self.is_word("else") {
            self.advance()?;
            let end = self.jump(Step::Jump);
            self.aim(skip);
            self.body()?;
            self.aim(end);
        } else {
            self.aim(skip);
        }
        Ok(())
    }

    fn looped(&mut self, continue_at: Option<usize>, parse: impl FnOnce(&mut Self) -> Parsed<usize>) -> Parsed {
        self.loops.push((Vec::new(), Vec::new()));
        let again = parse(self)?;
        let (breaks, continues) = self.loops.pop().unwrap_or_default();
        breaks.into_iter().for_each(|at| self.aim(at));
        continues.into_iter().for_each(|at| self.aim_at(at, continue_at.unwrap_or(again)));
        Ok(())
    }

    fn while_statement(&mut self) -> Parsed {
        self.advance()?;
        self.expect("(")?;
        let start = self.steps.len();
        self.expression()?;
        self.expect(")")?;
        let end = self.jump(Step::JumpIfZero);
        self.looped(Some(start), |parser| {
            parser.body()?;
            parser.steps.push(Step::Jump(start));
            parser.aim(end);
            Ok(start)
        })
    }

    fn for_statement(&mut self) -> Parsed {
        self.advance()?;
        self.expect("(")?;
        if !self.is(";") {
            self.expression()?;
            self.steps.push(Step::Drop);
        }
        self.expect(";")?;
        let start = self.steps.len();
        match self.is(";") {
            true => self.steps.push(Step::Number("1".into())),
            false => drop(self.expression()?),
        }
        self.expect(";")?;
        let end = self.jump(Step::JumpIfZero);
        let into = self.jump(Step::Jump);
        let next = self.steps.len();
        if !self.is(")") {
            self.expression()?;
            self.steps.push(Step::Drop);
        }
        self.expect(")")?;
        self.steps.push(Step::Jump(start));
        self.aim(into);
        self.looped(Some(next), |parser| {
            parser.body()?;
            parser.steps.push(Step::Jump(next));
            parser.aim(end);
            Ok(next)
        })
    }

    fn print_statement(&mut self) -> Parsed {
        self.advance()?;
        loop {
            match self.token.clone() {
                Token::Text(text) => {
                    self.advance()?;
                    self.steps.push(Step::Escaped(text.into()));
                }
                _ => {
                    self.expression()?;
                    self.steps.push(Step::PrintPlain);
                }
            }
            if !self.take(",")? {
                return Ok(());
            }
        }
    }

    fn define(&mut self) -> Parsed<Item> {
        self.advance()?;
        let name = self.name()?;
        let id = Names::id(&mut self.names.functions, &name);
        self.expect("(")?;
        let parameters = self.locals(")")?;
        self.expect(")")?;
        self.newlines()?;
        self.expect("{")?;
        self.newlines()?;
        let mut own = Vec::new();
        if self.is_word("auto") {
            self.advance()?;
            own = self.locals(";")?;
            if !self.take(";")? && self.token != Token::Newline {
                return self.wrong("the names after 'auto' should end here");
            }
        }
        for (at, local) in parameters.iter().chain(&own).enumerate() {
            if parameters.iter().chain(&own).skip(at + 1).any(|other| other == local) {
                return self.wrong(format!("'{name}' has a name twice"));
            }
        }
        self.in_function = true;
        // The rest is a block whose brace was taken.
        loop {
            self.newlines()?;
            if self.is("}") {
                break;
            }
            if self.take(";")? {
                continue;
            }
            self.statements(|parser| parser.is("}") || parser.token == Token::Newline)?;
            if self.quits {
                return Ok(Item::Quit(Vec::new()));
            }
        }
        self.steps.extend([Step::Number("0".into()), Step::Return]);
        let steps = core::mem::take(&mut self.steps).into();
        Ok(Item::Define(id, Defined { parameters, own, steps }))
    }

    fn locals(&mut self, end: &str) -> Parsed<Vec<Local>> {
        let mut locals = vec![];
        if self.is(end) {
            return Ok(locals);
        }
        loop {
            let name = self.name()?;
            locals.push(match self.take("[")? {
                true => {
                    self.expect("]")?;
                    Local::Array(Names::id(&mut self.names.arrays, &name))
                }
                false => Local::Variable(Names::id(&mut self.names.variables, &name)),
            });
            if !self.take(",")? {
                return Ok(locals);
            }
        }
    }

    /// An expression; whether it is an assignment that nothing is around.
    fn expression(&mut self) -> Parsed<bool> {
        self.enter()?;
        let assigns = self.or()?;
        self.depth -= 1;
        Ok(assigns)
    }

    fn or(&mut self) -> Parsed<bool> {
        let assigns = self.and()?;
        if !self.is("||") {
            return Ok(assigns);
        }
        let mut decided = vec![];
        loop {
            self.steps.push(Step::Not);
            decided.push(self.jump(Step::JumpIfZero));
            if !self.take("||")? {
                break;
            }
            self.and()?;
        }
        self.decide(decided, ["0", "1"]);
        Ok(false)
    }

    fn and(&mut self) -> Parsed<bool> {
        let assigns = self.not()?;
        if !self.is("&&") {
            return Ok(assigns);
        }
        let mut decided = vec![];
        loop {
            decided.push(self.jump(Step::JumpIfZero));
            if !self.take("&&")? {
                break;
            }
            self.not()?;
        }
        self.decide(decided, ["1", "0"]);
        Ok(false)
    }

    /// Of `&&` and `||`: the value when none of the operands has decided, and the one when one has.
    fn decide(&mut self, decided: Vec<usize>, [undecided, value]: [&str; 2]) {
        self.steps.push(Step::Number(undecided.into()));
        let end = self.jump(Step::Jump);
        decided.into_iter().for_each(|at| self.aim(at));
        self.steps.push(Step::Number(value.into()));
        self.aim(end);
    }

    fn not(&mut self) -> Parsed<bool> {
        let mut count = 0;
        while self.take("!")? {
            count += 1;
        }
        let assigns = self.relation()?;
        (0..count).for_each(|_| self.steps.push(Step::Not));
        Ok(assigns && count == 0)
    }

    fn relation(&mut self) -> Parsed<bool> {
        let operators = [
            ("==", Binary::Equal),
            ("!=", Binary::Unequal),
            ("<", Binary::Less),
            ("<=", Binary::LessOrEqual),
            (">", Binary::Greater),
            (">=", Binary::GreaterOrEqual),
        ];
        self.left_to_right(&operators, Self::sum)
    }

    fn sum(&mut self) -> Parsed<bool> {
        self.left_to_right(&[("+", Binary::Add), ("-", Binary::Subtract)], Self::term)
    }

    fn term(&mut self) -> Parsed<bool> {
        let operators = [("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Remainder)];
        self.left_to_right(&operators, Self::power)
    }

    /// Operands with any of these operators between them: 8-4-2 is 2.
    fn left_to_right(
        &mut self,
        operators: &[(&str, Binary)],
        operand: fn(&mut Self) -> Parsed<bool>,
    ) -> Parsed<bool> {
        let mut assigns = operand(self)?;
        loop {
            let Token::Sign(sign) = self.token else { return Ok(assigns) };
            let Some((_, operator)) = operators.iter().find(|(known, _)| *known == sign) else {
                return Ok(assigns);
            };
            self.advance()?;
            operand(self)?;
            self.steps.push(Step::Binary(*operator));
            assigns = false;
        }
    }

    /// From the right: 2^3^2 is 2^9.
    fn power(&mut self) -> Parsed<bool> {
        let mut assigns = self.unary()?;
        let mut count = 0;
        while self.take("^")? {
            self.unary()?;
            count += 1;
            assigns = false;
        }
        (0..count).for_each(|_| self.steps.push(Step::Binary(Binary::Power)));
        Ok(assigns)
    }

    fn unary(&mut self) -> Parsed<bool> {
        let mut count = 0;
        while self.take("-")? {
            count += 1;
        }
        let assigns = self.primary()?;
        if count > 0 {
            (0..count % 2).for_each(|_| self.steps.push(Step::Negate));
            return Ok(false);
        }
        Ok(assigns)
    }

    fn primary(&mut self) -> Parsed<bool> {
        match self.token.clone() {
            Token::Number(text) => {
                self.advance()?;
                self.steps.push(Step::Number(Arc::from(text)));
                Ok(false)
            }
            Token::Sign("(") => {
                self.advance()?;
                self.expression()?;
                self.expect(")")?;
                Ok(false)
            }
            Token::Sign(sign @ ("++" | "--")) => {
                self.advance()?;
                let name = self.name()?;
                let target = self.target(&name)?;
                self.steps.push(Step::Increment(target, if sign == "++" { 1 } else { -1 }, false));
                Ok(false)
            }
            Token::Name(name) => match name.as_str() {
                "length" | "sqrt" => {
                    self.advance()?;
                    self.expect("(")?;
                    self.expression()?;
                    self.expect(")")?;
                    self.steps.push(if name == "sqrt" { Step::Root } else { Step::Length });
                    Ok(false)
                }
                "read" => {
                    self.advance()?;
                    self.expect("(")?;
                    self.expect(")")?;
                    self.steps.push(Step::Read);
                    Ok(false)
                }
                _ => {
                    let name = self.name()?;
                    if self.is("(") {
                        return self.call(&name).map(|()| false);
                    }
                    self.assigned(&name)
                }
            },
            _ => self.wrong("an expression is expected here"),
        }
    }

    /// A variable or an element; its index is computed.
    fn target(&mut self, name: &str) -> Parsed<Target> {
        Ok(match self.take("[")? {
            true => {
                self.expression()?;
                self.expect("]")?;
                Target::Element(Names::id(&mut self.names.arrays, name))
            }
            false => Target::Variable(Names::id(&mut self.names.variables, name)),
        })
    }

    /// What has a name, and what is done to it; whether it is assigned to.
    fn assigned(&mut self, name: &str) -> Parsed<bool> {
        let target = self.target(name)?;
        let Token::Sign(sign) = self.token else {
            self.steps.push(Step::Load(target));
            return Ok(false);
        };
        let operator = match sign {
            "=" => None,
            "+=" => Some(Binary::Add),
            "-=" => Some(Binary::Subtract),
            "*=" => Some(Binary::Multiply),
            "/=" => Some(Binary::Divide),
            "%=" => Some(Binary::Remainder),
            "^=" => Some(Binary::Power),
            "++" | "--" => {
                self.advance()?;
                self.steps.push(Step::Increment(target, if sign == "++" { 1 } else { -1 }, true));
                return Ok(false);
            }
            _ => {
                self.steps.push(Step::Load(target));
                return Ok(false);
            }
        };
        self.advance()?;
        self.enter()?;
        if operator.is_some() {
            self.steps.push(Step::Peek(target));
        }
        self.sum()?;
        self.steps.extend(operator.map(Step::Binary));
        self.steps.push(Step::Store(target));
        self.depth -= 1;
        Ok(true)
    }

    fn call(&mut self, name: &str) -> Parsed {
        let place = self.place;
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.is(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.argument()?);
        }
        self.expect(")")?;
        if name == "scale" {
            if arguments != [Argument::Value] {
                return Err(Wrong::At(place, "scale() takes one number".into()));
            }
            self.steps.push(Step::Scale);
            return Ok(());
        }
        let defined = self.names.functions.iter().any(|known| known == name);
        if let (true, false, Some(function)) = (self.has_library, defined, Function::named(name)) {
            if arguments.len() != function.arguments() || arguments.iter().any(|it| *it != Argument::Value) {
                return Err(Wrong::At(place, format!("{name}() takes {} numbers", function.arguments())));
            }
            self.steps.push(Step::Library(function));
            return Ok(());
        }
        let id = Names::id(&mut self.names.functions, name);
        self.steps.push(Step::Call(id, arguments.into()));
        Ok(())
    }

    /// A value, or an array as a whole: `a[]`.
    fn argument(&mut self) -> Parsed<Argument> {
        if let Token::Name(name) = self.token.clone()
            && !KEYWORDS.contains(&name.as_str())
        {
            let mut ahead = Lexer::new(self.lexer.rest(), 1);
            if let (Ok((Token::Sign("["), _)), Ok((Token::Sign("]"), _))) = (ahead.next(), ahead.next()) {
                (0..3).try_for_each(|_| self.advance())?;
                return Ok(Argument::Array(Names::id(&mut self.names.arrays, &name)));
            }
        }
        self.expression()?;
        Ok(Argument::Value)
    }
}
