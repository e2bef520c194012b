// Reads the user's code in the order in which V8's parser does, to find what V8 would complain of, and where: its words
// depend on that order. Runs when the code did not compile, and when an error is worded by what its code looks like.
// The names of rules are those of the ECMAScript grammar. `parse(code)` gives `{ fault, nodes }`.
(function (host) {
  "use strict";
  const { scanner } = host.load("scanner");
  const { regexFault } = host.load("regexes");

  const BINARY = {
    "||": 4,
    "&&": 5,
    "|": 6,
    "^": 7,
    "&": 8,
    "==": 9,
    "!=": 9,
    "===": 9,
    "!==": 9,
    "<": 10,
    ">": 10,
    "<=": 10,
    ">=": 10,
    instanceof: 10,
    in: 10,
    "<<": 11,
    ">>": 11,
    ">>>": 11,
    "+": 12,
    "-": 12,
    "*": 13,
    "/": 13,
    "%": 13,
    "**": 14,
  };
  const ASSIGNS = new Set([
    "=",
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "**=",
    "<<=",
    ">>=",
    ">>>=",
    "&=",
    "|=",
    "^=",
    "&&=",
    "||=",
    "??=",
  ]);
  const UNARY = new Set(["!", "~", "delete", "typeof", "void", "+", "-", "++", "--"]);
  const NAMES = new Set(["name", "get", "set", "async", "await", "yield", "let", "static", "future", "escaped future"]);
  const RESERVED_STRICT = new Set(["yield", "let", "static", "future", "escaped future"]);
  const PLAIN = new Set(["name", "get", "set", "async"]);
  const NO_WORD = new Set([
    "end",
    "illegal",
    "number",
    "string",
    "private",
    "name",
    "template part",
    "template end",
    "regex",
    "escaped keyword",
    "escaped future",
  ]);
  const AFTER_VALUE = new Set(["?.", "[", ".", "(", "template part", "template end"]);
  const BAD_TARGET = "Invalid destructuring assignment target";
  const AWAIT_OUTSIDE = "await is only valid in async functions and the top level bodies of modules";
  const MAX_DEPTH = 700;

  class Fault {
    constructor(words, start, end) {
      this.words = words;
      this.start = start;
      this.end = end;
    }
  }

  function parse(code) {
    const tokens = scanner(code);
    const nodes = [];
    let current = { type: "start", start: 0, end: 0 }, ahead = tokens.next(), further = null;
    let acceptsIn = true, depth = 0;

    // What is being read: the function, the block of names, the class, and the expression whose kind is not known yet.
    let fn = {
      kind: "script",
      isStrict: false,
      isAsync: false,
      isGenerator: false,
      labels: [],
      canBreak: false,
      canContinue: false,
      method: null,
      parent: null,
    };
    let names = { kind: "script", own: new Map(), varsInside: [], parent: null, fn };
    let privates = null, cover = null;

    function next() {
      current = ahead;
      ahead = further ?? tokens.next();
      further = null;
      return current;
    }
    const peek = () => ahead.type;
    const peekFurther = () => (further ??= tokens.next()).type;
    const check = (type) => ahead.type === type && (next(), true);
    const isOffLine = () => ahead.isAfterLine;

    function fail(words, start = current.start, end = current.end) {
      throw new Fault(words, start, end);
    }

    function unexpected(token, start = token.start, end = token.end) {
      fail(
        wordsOf(token),
        token.fault && token.type === "illegal" ? token.fault[1] : start,
        token.fault && token.type === "illegal" ? token.fault[2] : end,
      );
    }
    function wordsOf(token) {
      switch (token.type) {
        case "end":
          return "Unexpected end of input";
        case "number":
          return "Unexpected number";
        case "string":
          return "Unexpected string";
        case "private":
        case "name":
          return `Unexpected identifier '${token.value}'`;
        case "await":
        case "enum":
          return "Unexpected reserved word";
        case "let":
        case "static":
        case "yield":
        case "future":
          return fn.isStrict ? "Unexpected strict mode reserved word" : `Unexpected identifier '${token.value}'`;
        case "template part":
        case "template end":
          return "Unexpected template string";
        case "escaped keyword":
        case "escaped future":
          return "Keyword must not contain escaped characters";
        case "illegal":
          return token.fault ? token.fault[0] : "Invalid or unexpected token";
        case "regex":
          return "Unexpected regular expression";
        default:
          return `Unexpected token '${token.type}'`;
      }
    }

    function expect(type) {
      const token = next();
      if (token.type !== type) unexpected(token);
      return token;
    }

    function endStatement() {
      if (check(";")) return;
      if (isOffLine() || peek() === "}" || peek() === "end") return;
      if (current.type === "await" && !fn.isAsync) fail(AWAIT_OUTSIDE);
      unexpected(next());
    }

    function node(type, start, more) {
      const made = { type, start, end: current.end, isParenthesized: false, ...more };
      nodes.push(made);
      return made;
    }
    const isName = (expression) => expression.type === "Name" && !expression.isParenthesizedArrow;
    const isPattern = (expression) => expression.type === "Object" || expression.type === "Array";
    const isEvalOrArguments = (name) => name === "eval" || name === "arguments";
    const isReference = (expression) =>
      (isName(expression) && !(fn.isStrict && isEvalOrArguments(expression.name))) ||
      (expression.type === "Member" && !expression.isChain);

    // --- Expressions whose kind shows later: `(a, b)` may be parameters, `{a = 1}` a pattern.

    function inCover(kind, read, check) {
      const scope = { kind, parent: cover, expression: null, pattern: null, declaration: null };
      cover = scope;
      try {
        const result = read(scope);
        cover = scope.parent;
        check(scope, result);
        return result;
      } catch (error) {
        // V8 reads on after a fault, and prefers one that is found later and lies earlier.
        const pending = scope.expression;
        if (error instanceof Fault && pending && kind !== "names" && pending[2] < error.start) {
          throw new Fault(...pending);
        }
        throw error;
      } finally {
        cover = scope.parent;
      }
    }
    const isCertain = () => cover?.kind === "names" || cover?.kind === "parameters";
    function wrongPattern(words, start, end) {
      if (isCertain()) fail(words, start, end);
      if (cover) cover.pattern ??= [words, start, end];
    }
    function wrongExpression(words, start, end) {
      if (cover && !isCertain()) cover.expression ??= [words, start, end];
    }
    function wrongDeclaration(words, start, end) {
      if (isCertain()) fail(words, start, end);
      if (cover && cover.kind !== "expression") cover.declaration ??= [words, start, end];
    }
    function validate(found) {
      if (found) fail(...found);
    }
    // Each element of a list by itself; the first fault stays.
    function accumulating(read) {
      const scope = cover;
      if (!scope || isCertain()) return read(() => {});
      let [expression, pattern] = [scope.expression, scope.pattern];
      scope.expression = scope.pattern = null;
      const accumulate = () => {
        expression ??= scope.expression;
        pattern ??= scope.pattern;
        scope.expression = scope.pattern = null;
      };
      try {
        return read(accumulate);
      } finally {
        accumulate();
        [scope.expression, scope.pattern] = [expression, pattern];
      }
    }

    function withIn(accepts, read) {
      const before = acceptsIn;
      acceptsIn = accepts;
      const result = read();
      acceptsIn = before;
      return result;
    }

    function deeper(read) {
      if (++depth > MAX_DEPTH) throw new RangeError("too deep");
      const result = read();
      depth--;
      return result;
    }

    // --- Names

    function isValidName(token) {
      if (PLAIN.has(token.type)) return true;
      if (token.type === "await") return !fn.isAsync && fn.kind !== "static block";
      if (token.type === "yield") return !fn.isGenerator && !fn.isStrict;
      return RESERVED_STRICT.has(token.type) && !fn.isStrict;
    }
    function identifier() {
      const token = next();
      if (!isValidName(token)) unexpected(token);
      return token;
    }
    function classified(token) {
      if (!isValidName(token)) unexpected(token);
      return token.value;
    }

    const varScope = () => {
      let scope = names;
      while (scope.kind === "block" || scope.kind === "catch") scope = scope.parent;
      return scope;
    };
    const declaredTwice = (name, start, end = start + 1) =>
      fail(`Identifier '${name}' has already been declared`, start, end);
    function declare(name, mode, start, isSloppyFunction = false) {
      if (mode !== "var") {
        const before = names.own.get(name);
        if (before && !(isSloppyFunction && before.isSloppyFunction)) declaredTwice(name, start);
        names.own.set(name, { mode, start, isSloppyFunction });
        return;
      }
      const scope = varScope(), before = scope.own.get(name);
      if (before && before.mode !== "var" && before.mode !== "parameter") declaredTwice(name, start);
      if (!before) scope.own.set(name, { mode: "var", start });
      if (names !== scope) scope.varsInside.push({ name, start, from: names });
    }
    function inNames(kind, read) {
      const scope = { kind, own: new Map(), varsInside: [], parent: names, fn };
      names = scope;
      const result = read(scope);
      names = scope.parent;
      return result;
    }
    function checkVars(scope) {
      for (const { name, start, from } of scope.varsInside) {
        for (let at = from; at && at !== scope; at = at.parent) {
          const found = at.own.get(name);
          if (found && found.mode !== "var" && found.mode !== "caught") declaredTwice(name, start);
        }
      }
    }

    // --- Expressions

    function expression() {
      return inCover("expression", () => withIn(true, expressionCover), (scope) => validate(scope.expression));
    }
    function assignment() {
      return inCover("expression", assignmentCover, (scope) => validate(scope.expression));
    }

    function expressionCover() {
      const start = ahead.start;
      return accumulating((accumulate) => {
        const list = [];
        for (;;) {
          if (peek() === "...") return arrowRest(list, accumulate);
          const at = ahead.start, each = assignmentCover();
          classifyParameter(accumulate, at, each);
          list.push(each);
          if (!check(",")) break;
          if (peek() === ")" && peekFurther() === "=>") break;
        }
        if (list.length === 1) return list[0];
        return node("Comma", start, { list });
      });
    }
    function arrowRest(list, accumulate) {
      const start = ahead.start;
      next();
      const rest = current, at = ahead.start, pattern = bindingPattern();
      classifyParameter(accumulate, at, pattern);
      if (cover) cover.isComplex = true;
      if (peek() === "=") fail("Rest parameter may not have a default initializer");
      if (peek() === ",") fail("Rest parameter must be last formal parameter");
      if (peek() !== ")" || peekFurther() !== "=>") unexpected(rest);
      return node("Comma", start, { list: [...list, pattern], hasRest: true });
    }
    function classifyParameter(accumulate, start, expression) {
      accumulate();
      if (
        expression.isParenthesized || !(isName(expression) || isPattern(expression) || expression.type === "Assignment")
      ) {
        wrongDeclaration(BAD_TARGET, start, current.end);
      }
    }

    function assignmentCover() {
      return deeper(() => {
        const start = ahead.start;
        if (peek() === "yield" && fn.isGenerator) return yieldExpression();
        const left = conditional();
        const operator = peek();
        if (operator === "=>") return arrow(left, start);
        if (!ASSIGNS.has(operator)) return left;
        if (isReference(left)) {
          if (left.type === "Member") wrongDeclaration("Illegal property in declaration context", start, current.end);
          else if (left.isParenthesized) wrongDeclaration(BAD_TARGET, start, current.end);
          if (cover && left.type === "Member" && !isCertain()) {
            validate(cover.expression);
            cover.pattern = null;
          }
        } else if (isPattern(left) && operator === "=") {
          if (left.isParenthesized) {
            fail(cover && isCertain() ? BAD_TARGET : "Invalid left-hand side in assignment", start, current.end);
          }
          if (cover && !isCertain()) {
            validate(cover.pattern);
            cover.expression = null;
          }
        } else {
          notReference(left, start, "Invalid left-hand side in assignment", /^(?:&&|\|\||\?\?)=$/.test(operator));
        }
        next();
        const place = current.start, right = assignment();
        if (operator !== "=") wrongPattern(BAD_TARGET, start, current.end);
        return node(operator === "=" ? "Assignment" : "Update", start, { left, right, operator, place });
      });
    }
    function notReference(expression, start, words, isEarly) {
      if (isName(expression)) fail("Unexpected eval or arguments in strict mode", start, current.end);
      if (expression.type === "Call" && !expression.isChain && !isEarly && !expression.isTagged) {
        return wrongPattern(BAD_TARGET, start, current.end);
      }
      fail(words, start, current.end);
    }

    function conditional() {
      const start = ahead.start;
      const test = logical();
      if (peek() !== "?") return test;
      next();
      const left = withIn(true, assignment);
      expect(":");
      const right = assignment();
      return node("Conditional", start, { test, left, right });
    }
    function logical() {
      const start = ahead.start;
      let left = binary(6);
      if (peek() === "&&" || peek() === "||") return binaryOn(left, 4, precedence(), start);
      while (peek() === "??") {
        next();
        left = node("Binary", start, { operator: "??", left, right: binary(6) });
      }
      return left;
    }
    const precedence = () => (peek() === "in" && !acceptsIn ? 0 : Object.hasOwn(BINARY, peek()) ? BINARY[peek()] : 0);
    function binary(least) {
      const start = ahead.start;
      if (peek() === "private") {
        const place = current.start;
        privateName(next(), place);
        const left = node("PrivateName", start, { name: current.value });
        if (peek() !== "in" || precedence() < least) unexpected({ ...current, type: "private" });
        return binaryOn(left, least, precedence(), start);
      }
      const left = unary(), found = precedence();
      return found >= least ? binaryOn(left, least, found, start) : left;
    }
    function binaryOn(left, least, found, start) {
      for (; found >= least; found--) {
        while (precedence() === found) {
          const operator = next().type, place = current.start;
          const right = binary(operator === "**" ? found : found + 1);
          left = node("Binary", start, { operator, left, right, place });
        }
      }
      return left;
    }
    function unary() {
      if (UNARY.has(peek())) return deeper(prefixed);
      if (peek() === "await" && fn.isAsync) return deeper(awaited);
      return postfixed();
    }
    function prefixed() {
      const operator = next().type, start = current.start, from = ahead.start;
      const operand = unary();
      if (operator === "++" || operator === "--") {
        if (!isReference(operand)) {
          notReference(operand, from, "Invalid left-hand side expression in prefix operation", false);
        }
        return node("Count", start, { operator, operand, isPrefix: true });
      }
      if (operator === "delete") {
        if (isName(operand) && fn.isStrict) fail("Delete of an unqualified identifier in strict mode.");
        if (operand.isPrivate) fail("Private fields can not be deleted");
      }
      if (peek() === "**") fail(POWER, start, current.end);
      return node("Unary", start, { operator, operand });
    }
    const POWER =
      "Unary operator used immediately before exponentiation expression. Parenthesis must be used to disambiguate operator precedence";
    function awaited() {
      const token = next();
      if (fn.isInParameters) {
        fail("Illegal await-expression in formal parameters of async function", token.start, token.end);
      }
      const operand = unary();
      if (peek() === "**") fail(POWER, token.start, current.end);
      return node("Await", token.start, { operand });
    }
    function postfixed() {
      const start = ahead.start, operand = leftHandSide();
      if ((peek() !== "++" && peek() !== "--") || isOffLine()) return operand;
      if (!isReference(operand)) {
        notReference(operand, start, "Invalid left-hand side expression in postfix operation", false);
      }
      return node("Count", start, { operator: next().type, operand, isPrefix: false });
    }

    function leftHandSide() {
      const start = ahead.start;
      let result = member();
      if (!AFTER_VALUE.has(peek())) return result;
      if (peek() === "(" && isName(result) && current.type === "async" && !isOffLine() && !current.isEscaped) {
        const place = current.start;
        result = inCover("maybe async arrow", () => {
          const list = args(true);
          return node("Call", start, { callee: result, list, place, isAsyncHead: true });
        }, (scope, call) => {
          if (peek() === "=>") validate(scope.declaration ?? scope.pattern);
          else validate(scope.expression);
          return call;
        });
        if (peek() === "=>") {
          return Object.assign(result, { type: "Comma", list: result.list, isParenthesized: true, isAsync: true });
        }
        if (!AFTER_VALUE.has(peek())) return result;
      }
      let isChain = false, isOptional = false;
      do {
        switch (peek()) {
          case "?.": {
            if (isOptional) unexpected(ahead, current.start, current.end);
            next();
            isOptional = isChain = true;
            if (AFTER_VALUE.has(peek())) continue;
            const place = current.start, key = propertyName();
            result = node("Member", start, { object: result, ...key, place, isOptional, isChain });
            break;
          }
          case "[": {
            next();
            result = indexed(result, start, current.start, { isOptional, isChain });
            break;
          }
          case ".": {
            if (isOptional) unexpected(next());
            next();
            const place = current.start, key = propertyName();
            result = node("Member", start, { object: result, ...key, place, isOptional: false, isChain });
            break;
          }
          case "(": {
            const place = NAMES.has(current.type) || current.type === "super" ? current.start : ahead.start;
            const list = args(false);
            result = node("Call", start, { callee: result, list, place, isOptional, isChain });
            break;
          }
          default:
            if (isChain) fail("Invalid tagged template on optional chain", ahead.start, ahead.end);
            result = template(result, start, current.start);
        }
        isOptional = false;
      } while (AFTER_VALUE.has(peek()) || isOptional);
      return result;
    }
    function indexed(object, start, place, more) {
      const key = withIn(true, expressionCover);
      expect("]");
      return node("Member", start, { object, key, name: null, place, ...more });
    }
    function member() {
      return memberOn(ahead.start, primary());
    }
    function memberOn(start, result) {
      for (;;) {
        switch (peek()) {
          case "[":
            next();
            result = indexed(result, start, current.start, {});
            break;
          case ".": {
            next();
            const place = ahead.start, key = propertyName();
            result = node("Member", start, { object: result, ...key, place });
            break;
          }
          case "template part":
          case "template end":
            result = template(result, start, current.type === "name" ? current.start : ahead.start);
            break;
          default:
            return result;
        }
      }
    }
    function propertyName() {
      const place = current.start, token = next();
      if (token.type === "private") {
        privateName(token, place);
        return { name: token.value, key: null, isPrivate: true };
      }
      if (token.value === undefined && (NO_WORD.has(token.type) || !/^\w/.test(token.type))) unexpected(token);
      if (token.type === "number" || token.type === "string" || token.type === "illegal") unexpected(token);
      return { name: token.value ?? token.type, key: null };
    }
    function privateName(token, place) {
      if (!privates) fail(noPrivate(token.value), place, place + 1);
      privates.used.push({ name: token.value, place });
    }
    const noPrivate = (name) => `Private field '${name}' must be declared in an enclosing class`;

    function args(maybeArrow) {
      expect("(");
      return accumulating((accumulate) => {
        const list = [];
        while (peek() !== ")") {
          const start = ahead.start, isSpread = check("..."), at = ahead.start;
          const each = withIn(true, assignmentCover);
          if (maybeArrow) {
            classifyParameter(accumulate, at, each);
            if (isSpread && each.type === "Assignment") {
              wrongDeclaration("Rest parameter may not have a default initializer", start, current.end);
            }
            if (isSpread && peek() === ",") {
              wrongDeclaration("Rest parameter must be last formal parameter", ahead.start, ahead.end);
            }
          }
          list.push(isSpread ? node("Spread", start, { operand: each }) : each);
          if (!check(",")) break;
        }
        if (!check(")")) fail("missing ) after argument list");
        return list;
      });
    }

    function primary() {
      const token = ahead, start = token.start;
      if (NAMES.has(token.type)) {
        next();
        let isAsync = false, name = token;
        if (token.type === "async" && !isOffLine() && !token.isEscaped) {
          if (peek() === "function") return functionExpression(true, start);
          if (NAMES.has(peek()) && peekFurther() === "=>") {
            name = next();
            isAsync = true;
          }
        }
        if (isAsync && name.type === "await") unexpected(name);
        if (name.value === "arguments" && fn.kind !== "function" && isInField()) {
          fail("'arguments' is not allowed in class field initializer or static initialization block");
        }
        const made = node("Name", isAsync ? name.start : start, { name: classified(name) });
        if (isAsync) made.isAsyncHead = true;
        return made;
      }
      switch (token.type) {
        case "number":
        case "string":
        case "null":
        case "true":
        case "false":
          next();
          return node("Literal", start, { kind: token.type, value: token.value, isEscaped: token.isEscaped });
        case "this":
          next();
          return node("This", start);
        case "/":
        case "/=":
          return regexLiteral();
        case "function":
          next();
          return functionExpression(false, start);
        case "super":
          return superExpression();
        case "import":
          return importExpression();
        case "[":
          return arrayLiteral();
        case "{":
          return objectLiteral();
        case "(":
          return parenthesized();
        case "class":
          next();
          return classExpression(start);
        case "new":
          return newExpression();
        case "template part":
        case "template end":
          return template(null, start, start);
      }
      unexpected(next());
    }

    function isInField() {
      let from = fn;
      while (from.kind === "arrow") from = from.parent;
      return from.kind === "field" || from.kind === "static block";
    }

    function parenthesized() {
      const start = ahead.start;
      next();
      if (check(")")) {
        if (peek() !== "=>") unexpected(current);
        return node("Comma", start, { list: [], isParenthesized: true });
      }
      return inCover("maybe arrow", () => {
        const inner = withIn(true, expressionCover);
        expect(")");
        return inner;
      }, (scope, inner) => {
        if (peek() === "=>") validate(scope.declaration ?? scope.pattern);
        else validate(scope.expression);
        inner.isParenthesized = true;
        inner.outer = start;
      });
    }

    function regexLiteral() {
      const { start, isAfterLine } = ahead, token = tokens.regex(start, isAfterLine);
      if (!token) {
        next();
        fail("Invalid regular expression: missing /");
      }
      ahead = token;
      further = null;
      next();
      if (
        !/^[dgimsuvy]*$/.test(token.flags) || new Set(token.flags).size < token.flags.length ||
        /u.*v|v.*u/.test(token.flags)
      ) fail("Invalid regular expression flags");
      const fault = regexFault(token.pattern, token.flags);
      if (fault) fail(`Invalid regular expression: /${token.pattern}/${token.flags}: ${fault}`);
      return node("Regex", start, { text: `/${token.pattern}/${token.flags}` });
    }

    function template(tag, start, place) {
      const opening = next(), parts = [];
      const wrong = (token) => !tag && token.wrong && fail(...token.wrong);
      wrong(opening);
      for (let token = opening; token.type === "template part";) {
        const at = ahead.start;
        const each = withIn(true, expressionCover);
        parts.push(each);
        if (peek() !== "}") fail("Missing } in template expression", at, ahead.start);
        tokens.moveTo(ahead.start + 1);
        ahead = tokens.template(ahead.start, ahead.isAfterLine);
        further = null;
        token = next();
        wrong(token);
      }
      return tag
        ? node("Call", start, { callee: tag, list: parts, place, isTagged: true })
        : node("Template", start, { parts });
    }

    function arrayLiteral() {
      const start = ahead.start;
      next();
      const list = accumulating((accumulate) => {
        const found = [];
        while (!check("]")) {
          if (peek() === ",") found.push(null);
          else if (check("...")) {
            const from = current.start, each = withIn(true, () => subPattern(accumulate));
            found.push(node("Spread", from, { operand: each }));
            if (each.type === "Assignment") wrongPattern(BAD_TARGET, from, current.end);
            if (peek() === ",") wrongPattern("Rest element must be last element", from, current.end);
          } else found.push(withIn(true, () => subPattern(accumulate)));
          if (peek() !== "]") expect(",");
        }
        return found;
      });
      return node("Array", start, { list });
    }

    function subPattern(accumulate) {
      const start = ahead.start;
      if (isCertain()) return bindingElement();
      const each = assignmentCover();
      if (isReference(each)) {
        if (isName(each)) {
          if (each.isParenthesized) wrongDeclaration(BAD_TARGET, start, current.end);
        } else {
          wrongDeclaration("Illegal property in declaration context", start, current.end);
          if (cover && !isCertain()) {
            validate(cover.expression);
            cover.pattern = null; // of what the property belongs to, which is no pattern itself
          }
        }
      } else if (each.isParenthesized || (!isPattern(each) && each.type !== "Assignment")) {
        wrongPattern(BAD_TARGET, start, current.end);
      }
      accumulate();
      return each;
    }

    // In `const {a: …}` and parameters.
    function bindingElement() {
      const start = ahead.start, each = assignmentCover();
      if (each.type === "Member") fail("Illegal property in declaration context", start, current.end);
      if (each.isParenthesized || !(isName(each) || isPattern(each) || each.type === "Assignment")) {
        fail(BAD_TARGET, start, current.end);
      }
      if (each.type === "Assignment" && each.left.type === "Member") {
        fail("Illegal property in declaration context", each.left.start, each.left.end);
      }
      return each;
    }

    function objectLiteral() {
      const start = ahead.start;
      next();
      let hasProto = false;
      const list = accumulating((accumulate) => {
        const found = [];
        while (!check("}")) {
          const property = propertyDefinition(accumulate, hasProto);
          hasProto ||= property.isProto;
          found.push(property);
          if (peek() !== "}") expect(",");
        }
        return found;
      });
      return node("Object", start, { list });
    }

    const KINDS = {
      ":": "value",
      ",": "shorthand",
      "}": "shorthand or field",
      "=": "assign",
      "(": "method",
      "*": "field",
      ";": "field",
    };

    // The name and what follows: `{ kind, name, … }`.
    function property(accumulate, isInClass) {
      const found = {
        kind: null,
        name: null,
        isComputed: false,
        isAsync: false,
        isGenerator: false,
        token: ahead,
        value: null,
        place: ahead.start,
      };
      if (peek() === "async") {
        next();
        if ((peek() !== "*" && Object.hasOwn(KINDS, peek())) || isOffLine()) {
          found.kind = KINDS[peek()] ?? null;
          return Object.assign(found, { name: "async" });
        }
        found.isAsync = true;
        found.kind = "method";
      }
      if (check("*")) {
        found.isGenerator = true;
        found.kind = "method";
      }
      if (!found.kind && (peek() === "get" || peek() === "set")) {
        const token = next();
        if (Object.hasOwn(KINDS, peek())) return Object.assign(found, { kind: KINDS[peek()], name: token.value });
        found.kind = token.type === "get" ? "getter" : "setter";
      }
      found.place = ahead.start;
      switch (peek()) {
        case "private":
          next();
          if (!isInClass) unexpected(current);
          found.name = current.value;
          found.isPrivate = true;
          break;
        case "string":
        case "number":
          found.name = next().value;
          break;
        case "[":
          next();
          found.isComputed = true;
          found.value = withIn(true, assignment);
          expect("]");
          break;
        case "...":
          if (!found.kind) {
            next();
            const start = ahead.start;
            found.value = withIn(true, () => subPattern(accumulate));
            found.kind = "spread";
            if (!isReference(found.value)) {
              wrongDeclaration("`...` must be followed by an identifier in declaration contexts", start, current.end);
              wrongPattern(
                "`...` must be followed by an assignable reference in assignment contexts",
                start,
                current.end,
              );
            }
            if (peek() !== "}") wrongPattern("Rest element must be last element", current.start, current.end);
            return found;
          }
        // falls through
        default: {
          const token = next();
          if (token.value === undefined && (NO_WORD.has(token.type) || !/^\w/.test(token.type))) unexpected(token);
          found.name = token.value ?? token.type;
        }
      }
      found.kind ??= KINDS[peek()] ?? null;
      return found;
    }

    function propertyDefinition(accumulate, hasProto) {
      const first = ahead, found = property(accumulate, false), start = first.start;
      switch (found.kind) {
        case "spread":
          return found;
        case "value": {
          const isProto = !found.isComputed && found.name === "__proto__";
          if (isProto && hasProto) {
            wrongExpression(
              "Duplicate __proto__ fields are not allowed in object literals",
              current.start,
              current.end,
            );
          }
          next();
          return { ...found, isProto, value: withIn(true, () => subPattern(accumulate)) };
        }
        case "shorthand":
        case "shorthand or field":
        case "assign": {
          if (!isValidName(first)) unexpected(first, current.start, current.end);
          let value = node("Name", start, { name: first.value });
          if (isCertain()) declareName(first);
          if (fn.isStrict && isEvalOrArguments(first.value)) {
            wrongPattern("Unexpected eval or arguments in strict mode", start, first.end);
          }
          if (check("=")) {
            const place = current.start;
            value = node("Assignment", start, { left: value, right: withIn(true, assignment), operator: "=", place });
            wrongExpression("Invalid shorthand property initializer", start, current.end);
          }
          accumulate();
          return { ...found, value, isShorthand: true };
        }
        case "method":
        case "getter":
        case "setter":
          wrongPattern(BAD_TARGET, start, current.end);
          return {
            ...found,
            value: functionLiteral(current.start, {
              method: found.kind,
              isAsync: found.isAsync,
              isGenerator: found.isGenerator,
              mayUseSuper: true,
            }),
          };
      }
      unexpected(next());
    }

    function superExpression() {
      const start = ahead.start;
      next();
      let from = fn;
      while (from.kind === "arrow") from = from.parent;
      if (from.mayUseSuper) {
        if (peek() === "." && peekFurther() === "private") {
          next();
          next();
          fail("Unexpected private field");
        }
        if (peek() === "." || peek() === "[") return node("Super", start);
        if (peek() === "(" && from.isDerived) return node("SuperCall", start);
      }
      fail("'super' keyword unexpected here");
    }

    function importExpression() {
      const start = ahead.start;
      next();
      if (check(".")) {
        const token = next();
        if (token.value !== "meta") unexpected(token);
        fail("Cannot use 'import.meta' outside a module");
      }
      if (peek() !== "(") fail("Cannot use import statement outside a module");
      next();
      if (peek() === ")") fail("import() requires a specifier");
      withIn(true, assignmentCover);
      if (check(",") && peek() !== ")") {
        withIn(true, assignmentCover);
        check(",");
      }
      expect(")");
      return node("Import", start);
    }

    function newExpression() {
      const start = next().start;
      return deeper(() => {
        if (peek() === "import" && peekFurther() === "(") fail("Cannot use new with import", ahead.start, ahead.end);
        if (peek() === ".") {
          next();
          const token = next();
          if (token.value !== "target") unexpected(token);
          let from = fn;
          while (from.kind === "arrow") from = from.parent;
          if (from.kind === "script") {
            fail(
              "new.target expression is not allowed here",
              current.start - 4 >= 0 && code.slice(start, current.start).includes("\n") ? start : start + 4,
              current.end,
            );
          }
          return memberOn(start, node("NewTarget", start));
        }
        const callee = member();
        if (callee.type === "SuperCall") fail("'super' keyword unexpected here");
        if (peek() === "(") {
          const list = args(false);
          return memberOn(start, node("New", start, { callee, list, place: start }));
        }
        if (peek() === "?.") fail("Invalid optional chain from new expression", ahead.start, ahead.end);
        return node("New", start, { callee, list: [], place: start });
      });
    }

    function yieldExpression() {
      const start = ahead.start;
      if (fn.isInParameters) fail("Yield expression not allowed in formal parameter", ahead.start, ahead.end);
      next();
      if (!isOffLine()) {
        const isStar = check("*");
        if (isStar || !["end", ";", "}", "]", ")", ":", ",", "in"].includes(peek())) {
          return node("Yield", start, { operand: assignmentCover(), isStar });
        }
      }
      return node("Yield", start, { operand: null });
    }

    // --- Functions

    function inFunction(made, read) {
      const before = { fn, names, cover, acceptsIn };
      fn = {
        kind: "function",
        isStrict: fn.isStrict,
        isAsync: false,
        isGenerator: false,
        labels: [],
        canBreak: false,
        canContinue: false,
        method: null,
        mayUseSuper: false,
        isDerived: false,
        ...made,
        parent: fn,
      };
      names = { kind: "function", own: new Map(), varsInside: [], parent: names, fn };
      cover = null;
      acceptsIn = true;
      const result = read(names);
      checkVars(names);
      ({ fn, names, cover, acceptsIn } = before);
      return result;
    }

    function functionExpression(isAsync, start) {
      if (isAsync) next();
      const isGenerator = check("*");
      let name = null;
      if (peek() !== "(") {
        name = next();
        const isFine = name.type === "await"
          ? !isAsync && !fn.isAsync
          : name.type === "yield"
          ? !isGenerator && !fn.isStrict
          : isValidName(name);
        if (!isFine) unexpected(name);
      }
      return functionLiteral(start, { isAsync, isGenerator }, name);
    }

    function functionLiteral(start, made, name = null) {
      return deeper(() =>
        inFunction(made, () => {
          const opening = expect("(").start;
          fn.isInParameters = fn.isAsync || fn.isGenerator;
          const parameters = formalParameters();
          fn.isInParameters = false;
          expect(")");
          const end = current.end;
          if (made.method === "getter" && parameters.count) {
            fail("Getter must not have any formal parameters.", opening, end);
          }
          if (made.method === "setter" && parameters.count !== 1) {
            fail("Setter must have exactly one formal parameter.", opening, end);
          }
          if (made.method === "setter" && parameters.hasRest) {
            fail("Setter function argument must not be a rest parameter", opening, end);
          }
          expect("{");
          functionBody(parameters, Boolean(made.method));
          expect("}");
          if (fn.isStrict && name) {
            if (isEvalOrArguments(name.value)) {
              fail("Unexpected eval or arguments in strict mode", name.start, name.end);
            }
            if (RESERVED_STRICT.has(name.type)) {
              fail("Unexpected strict mode reserved word", name.start, name.end);
            }
          }
          return node("Function", start, { name: name?.value ?? "", body: opening, parameters: parameters.list });
        })
      );
    }

    // Names are declared as they are read; `cover` tells that they are.
    function formalParameters() {
      const found = { count: 0, hasRest: false, isSimple: true, twice: null, strict: null, list: [] };
      inCover("parameters", (scope) => {
        scope.parameters = found;
        while (peek() !== ")") {
          found.hasRest = check("...");
          const pattern = bindingPattern();
          found.list.push(pattern);
          if (pattern.type !== "Name" || found.hasRest) found.isSimple = false;
          if (peek() === "=") {
            next();
            if (found.hasRest) fail("Rest parameter may not have a default initializer");
            found.isSimple = false;
            const right = withIn(true, assignment);
            found.list.push({
              type: "Assignment",
              left: found.list.pop(),
              right,
              start: pattern.start,
              end: right.end,
            });
          }
          found.count++;
          if (found.hasRest) {
            if (peek() === ",") fail("Rest parameter must be last formal parameter", ahead.start, ahead.end);
            break;
          }
          if (!check(",")) break;
        }
      }, () => {});
      return found;
    }

    function declareName(token) {
      const name = token.value, { start, end } = token;
      if (cover.kind === "parameters") {
        const found = cover.parameters;
        if (names.own.has(name)) found.twice ??= [start, end];
        names.own.set(name, { mode: "parameter", start });
        if (isEvalOrArguments(name)) found.strict ??= ["Unexpected eval or arguments in strict mode", start, end];
        else if (RESERVED_STRICT.has(token.type)) found.strict ??= ["Unexpected strict mode reserved word", start, end];
        return;
      }
      if (cover.mode === "var") return declare(name, "var", start);
      if (cover.mode === "caught") return declare(name, "caught pattern", start);
      if (name === "let") fail("let is disallowed as a lexically bound name", start, end);
      declare(name, cover.mode, start);
    }

    function bindingPattern() {
      const token = ahead;
      if (NAMES.has(token.type)) {
        next();
        classified(token);
        if (fn.isStrict && isEvalOrArguments(token.value)) fail("Unexpected eval or arguments in strict mode");
        if (isCertain()) declareName(token);
        return node("Name", token.start, { name: token.value });
      }
      if (token.type === "[" || token.type === "{") {
        return boundTo(token.type === "[" ? arrayLiteral() : objectLiteral());
      }
      unexpected(next());
    }
    // The names in a nested pattern; shorthand ones were declared when they were read.
    function boundTo(pattern) {
      if (!isCertain()) return pattern;
      const visit = (each) => {
        if (!each) return;
        if (each.type === "Spread") visit(each.operand);
        else if (each.type === "Assignment") visit(each.left);
        else if (each.type === "Name") {
          declareName({ value: each.name, start: each.start, end: each.end, type: "name" });
        } else if (each.type === "Array") each.list.forEach(visit);
        else if (each.type === "Object") each.list.forEach((property) => property.isShorthand || visit(property.value));
      };
      visit(pattern);
      return pattern;
    }

    function functionBody(parameters, isMethod) {
      const read = () => statements("}", parameters);
      if (parameters.isSimple) read();
      else {
        const outer = names;
        names = { kind: "function", own: new Map(), varsInside: [], parent: outer, fn };
        read();
        checkVars(names);
        for (const [name, { mode, start }] of names.own) {
          if (mode !== "var" && outer.own.has(name)) declaredTwice(name, start);
        }
        names = outer;
      }
      validateParameters(parameters, isMethod);
    }
    function validateParameters(parameters, isMethod) {
      if (parameters.twice && (fn.isStrict || !parameters.isSimple || isMethod || fn.kind === "arrow")) {
        fail("Duplicate parameter name not allowed in this context", ...parameters.twice);
      }
      if (fn.isStrict && parameters.strict) fail(...parameters.strict);
    }

    function arrow(head, start) {
      if (head.type !== "Name" && !head.isParenthesized) {
        fail("Malformed arrow function parameter list", head.place ?? head.start, current.end);
      }
      if (isOffLine()) unexpected(ahead);
      const isAsync = Boolean(head.isAsync || head.isAsyncHead);
      if (head.type === "Name" && head.isParenthesized === false && RESERVED_STRICT.has(head.name) && fn.isStrict) {
        fail("Unexpected strict mode reserved word", head.start, head.end);
      }
      const list = head.type === "Comma" && head.isParenthesized ? head.list : [head];
      const acceptsHere = acceptsIn;
      return inFunction({ kind: "arrow", isAsync, method: null, canBreak: false }, () => {
        const found = {
          count: list.length,
          isSimple: list.every((each) => each.type === "Name") && !head.hasRest,
          twice: null,
          strict: null,
          list,
        };
        inCover("parameters", (scope) => {
          scope.parameters = found;
          for (const each of list) {
            const pattern = each.type === "Assignment" ? each.left : each.type === "Spread" ? each.operand : each;
            const bind = (part) => {
              if (!part) return;
              if (part.type === "Spread") bind(part.operand);
              else if (part.type === "Assignment") bind(part.left);
              else if (part.type === "Name") {
                declareName({
                  value: part.name,
                  start: part.start,
                  end: part.end,
                  type: part.name === "let" || part.name === "static" || part.name === "yield" ? part.name : "name",
                });
              } else if (part.type === "Array") part.list.forEach(bind);
              else if (part.type === "Object") part.list.forEach((property) => bind(property.value));
            };
            bind(pattern);
          }
        }, () => {});
        next();
        if (check("{")) {
          functionBody(found, true);
          expect("}");
        } else {
          acceptsIn = acceptsHere;
          const body = assignment();
          validateParameters(found, true);
          return node("Function", start, { name: "", isArrow: true, expression: body, parameters: list });
        }
        return node("Function", start, { name: "", isArrow: true, parameters: list });
      });
    }

    // --- Classes

    function classExpression(start) {
      let name = null;
      if (NAMES.has(peek())) name = classNameToken();
      return classLiteral(start, name);
    }
    function classNameToken() {
      const token = next();
      if (!isValidName(token)) unexpected(token);
      return token;
    }
    function classLiteral(start, name) {
      return deeper(() => {
        const wasStrict = fn.isStrict;
        if (name) {
          if (RESERVED_STRICT.has(name.type)) fail("Unexpected strict mode reserved word", name.start, name.end);
          if (isEvalOrArguments(name.value)) fail("Unexpected eval or arguments in strict mode", name.start, name.end);
        }
        fn.isStrict = true;
        privates = { own: new Map(), used: [], parent: privates };
        let isDerived = false, heritage = null;
        if (check("extends")) {
          isDerived = true;
          const own = privates;
          inCover("expression", () => (heritage = leftHandSide()), (scope) => validate(scope.expression));
          privates = own;
        }
        expect("{");
        let hasConstructor = false;
        while (peek() !== "}") {
          if (check(";")) continue;
          if (peek() === "static" && peekFurther() === "{") {
            next();
            inFunction({ kind: "static block", mayUseSuper: true, isStrict: true }, () => {
              next();
              statements("}", null);
              expect("}");
            });
            continue;
          }
          hasConstructor = classMember(isDerived, hasConstructor) || hasConstructor;
        }
        expect("}");
        const { own, used, parent } = privates;
        for (const each of used) {
          if (own.has(each.name)) continue;
          if (!parent) fail(noPrivate(each.name), each.place, each.place + 1);
          parent.used.push(each);
        }
        privates = parent;
        fn.isStrict = wasStrict;
        return node("Class", start, { name: name?.value ?? "", heritage });
      });
    }
    function classMember(isDerived, hasConstructor) {
      const token = ahead;
      let isStatic = false, found, place = ahead.start;
      if (token.type === "static") {
        next();
        place = ahead.start;
        if (["(", "=", ";", "}"].includes(peek())) {
          found = { kind: KINDS[peek()], name: "static", token, place: token.start };
        } else {
          isStatic = true;
          found = property(() => {}, true);
        }
      } else found = property(() => {}, true);
      const isNamed = (name) => !found.isComputed && found.name === name;
      if (found.isPrivate) {
        if (found.name === "#constructor") fail("Classes may not have a private field named '#constructor'");
        const before = privates.own.get(found.name),
          pair = found.kind === "getter" || found.kind === "setter" ? found.kind + isStatic : null;
        if (before && !(pair && before.pair && before.pair !== pair && before.pair.endsWith(String(isStatic)))) {
          declaredTwice(found.name, current.start, current.end);
        }
        privates.own.set(found.name, { pair: before ? null : pair });
      }
      switch (found.kind) {
        case "value":
        case "shorthand":
        case "spread":
          unexpected(token, place, place);
        // falls through
        case "method":
        case "getter":
        case "setter": {
          const isConstructor = !isStatic && isNamed("constructor");
          if (isStatic && isNamed("prototype")) fail("Classes may not have a static property named 'prototype'");
          if (isConstructor) {
            if (found.kind !== "method") fail("Class constructor may not be an accessor");
            if (found.isGenerator) fail("Class constructor may not be a generator");
            if (found.isAsync) fail("Class constructor may not be an async method");
            if (hasConstructor) fail("A class may only have one constructor");
          }
          functionLiteral(place, {
            method: found.kind,
            isAsync: found.isAsync ?? false,
            isGenerator: found.isGenerator ?? false,
            mayUseSuper: true,
            isDerived: isConstructor && isDerived,
            isStrict: true,
          });
          return isConstructor;
        }
      }
      if (!found.isComputed && isStatic && isNamed("prototype")) {
        fail("Classes may not have a static property named 'prototype'");
      }
      if (isNamed("constructor")) fail("Classes may not have a field named 'constructor'");
      if (peek() === "=") {
        inFunction({ kind: "field", mayUseSuper: true, isStrict: true }, () => {
          next();
          assignment();
        });
      }
      endStatement();
      return false;
    }

    // --- Statements

    function statements(end, parameters) {
      let isPrologue = parameters !== null;
      while (peek() !== end) {
        if (isPrologue && peek() === "string") {
          const token = ahead;
          const isDirective =
            token.value === "use strict" && !token.isEscaped && [";", "}", "end"].includes(peekFurther()) ||
            (token.value === "use strict" && !token.isEscaped && further.isAfterLine &&
              !/^(?:[-+*/.,([?=<>&|^%]|in$|instanceof$|template)/.test(further.type));
          statementItem();
          if (isDirective) {
            if (!parameters.isSimple) {
              fail("Illegal 'use strict' directive in function with non-simple parameter list", token.start, token.end);
            }
            fn.isStrict = true;
            if (tokens.octal && tokens.octal[1] > token.end) fail(...tokens.octal);
          }
          if (code[token.start] !== '"' && code[token.start] !== "'") isPrologue = false;
          continue;
        }
        isPrologue = false;
        statementItem();
      }
    }

    function statementItem() {
      return deeper(() => {
        switch (peek()) {
          case "function":
            return hoistable(false);
          case "class": {
            const start = next().start;
            const name = classNameToken();
            inCover("expression", () => classLiteral(start, name), (scope) => validate(scope.expression));
            return declare(name.value, "let", start);
          }
          case "var":
          case "const":
            return variableStatement();
          case "let":
            if (isLetDeclaration()) return variableStatement();
            break;
          case "async":
            if (peekFurther() === "function" && !further.isAfterLine) return hoistable(true);
        }
        statement(true);
      });
    }
    function isLetDeclaration() {
      const type = peekFurther();
      return ["{", "[", "name", "static", "let", "yield", "await", "get", "set", "async"].includes(type) ||
        ((type === "future" || type === "escaped future") && !fn.isStrict);
    }

    function hoistable(isAsync) {
      const start = next().start;
      if (isAsync) next();
      const isGenerator = check("*");
      if (peek() === "(") fail("Function statements require a function name");
      const name = identifier();
      functionLiteral(start, { isAsync, isGenerator }, name);
      const isTop = names.kind === "script" || names.kind === "function";
      if (isTop) declare(name.value, "var", start);
      else declare(name.value, "let", start, !fn.isStrict && !isAsync && !isGenerator);
    }

    function variableStatement() {
      variables(false);
      endStatement();
    }
    // Gives `{ mode, count, initializer, pattern, start, end, isSimple }`.
    function variables(isInFor) {
      const mode = next().type,
        found = { mode, count: 0, initializer: null, pattern: null, start: ahead.start, end: 0, isSimple: true };
      inCover("names", (scope) => {
        scope.mode = mode;
        do {
          const at = ahead.start, isWord = NAMES.has(peek());
          const pattern = (found.pattern = bindingPattern());
          if (!isWord) found.isSimple = false;
          if (check("=")) {
            const outer = cover;
            const value = withIn(!isInFor, assignment);
            cover = outer;
            node("Declarator", at, { left: pattern, right: value });
            found.initializer ??= [at, current.end];
          } else if (!isInFor || !isInOrOf()) {
            if (mode === "const" || !isWord) {
              fail(`Missing initializer in ${isWord ? "const" : "destructuring"} declaration`, at, current.end);
            }
          } else if (isInFor) node("Declarator", at, { left: pattern, right: null });
          found.count++;
        } while (check(","));
      }, () => {});
      found.end = current.end;
      return found;
    }
    const isInOrOf = () => peek() === "in" || (ahead.value === "of" && ahead.type === "name");

    function block(read = () => statements("}", null)) {
      return inNames("block", (scope) => {
        expect("{");
        read();
        expect("}");
        return scope;
      });
    }

    function statement(allowsFunction) {
      return deeper(() => statementInner(allowsFunction));
    }
    function statementInner(allowsFunction) {
      switch (peek()) {
        case "{":
          return void block();
        case ";":
          return void next();
        case "if":
          return ifStatement();
        case "do": {
          next();
          loopBody();
          expect("while");
          expect("(");
          expression();
          expect(")");
          return void check(";");
        }
        case "while":
          next();
          expect("(");
          expression();
          expect(")");
          return loopBody();
        case "for":
          return forStatement();
        case "continue":
        case "break":
          return jump();
        case "return": {
          const token = next();
          if (fn.kind === "script" || fn.kind === "static block") {
            fail("Illegal return statement", token.start, token.end);
          }
          if (!isOffLine() && ![";", "}", "end"].includes(peek())) expression();
          return endStatement();
        }
        case "throw":
          next();
          if (isOffLine()) fail("Illegal newline after throw");
          expression();
          return endStatement();
        case "try":
          return tryStatement();
        case "with":
          next();
          if (fn.isStrict) fail("Strict mode code may not include a with statement");
          expect("(");
          expression();
          expect(")");
          return statement(false);
        case "switch":
          return switchStatement();
        case "function":
          return fail(
            fn.isStrict
              ? "In strict mode code, functions can only be declared at top level or inside a block."
              : "In non-strict mode code, functions can only be declared at top level, inside a block, or as the body of an if statement.",
            ahead.start,
            ahead.end,
          );
        case "debugger":
          next();
          return endStatement();
        case "var":
          return variableStatement();
        case "async":
          if (peekFurther() === "function" && !further.isAfterLine) {
            fail("Async functions can only be declared at the top level or inside a block.", ahead.start, ahead.end);
          }
          break;
        case "class":
          return unexpected(next());
        case "let": {
          const type = peekFurther();
          if (type === "[" || ((type === "{" || type === "name") && !further.isAfterLine)) {
            fail("Lexical declaration cannot appear in a single-statement context", ahead.start, ahead.end);
          }
        }
      }
      const isWord = NAMES.has(peek());
      const found = inCover("expression", () => withIn(true, expressionCover), (scope) => validate(scope.expression));
      if (peek() === ":" && isWord && isName(found) && !found.isParenthesized) {
        if (fn.labels.some((label) => label.name === found.name)) {
          fail(`Label '${found.name}' has already been declared`);
        }
        fn.labels.push({ name: found.name, isLoop: false });
        next();
        fn.labels.at(-1).isLoop = isLoopAhead();
        if (peek() === "function" && !fn.isStrict && allowsFunction) hoistable(false);
        else statement(allowsFunction);
        fn.labels.pop();
        return;
      }
      endStatement();
    }
    const isLoopAhead = () => ["for", "while", "do"].includes(peek()) || (NAMES.has(peek()) && peekFurther() === ":");

    function loopBody() {
      const before = [fn.canBreak, fn.canContinue];
      fn.canBreak = fn.canContinue = true;
      statement(false);
      [fn.canBreak, fn.canContinue] = before;
    }

    function ifStatement() {
      next();
      expect("(");
      expression();
      expect(")");
      scoped();
      if (check("else")) scoped();
    }
    function scoped() {
      if (fn.isStrict || peek() !== "function") return statement(false);
      inNames("block", () => {
        if (peekFurther() === "*") {
          next();
          next();
          fail("Generators can only be declared at the top level or inside a block.");
        }
        hoistable(false);
      });
    }

    function jump() {
      const type = next().type;
      let label = null;
      if (!isOffLine() && ![";", "}", "end"].includes(peek())) label = identifier().value;
      const target = label === null ? null : fn.labels.find((each) => each.name === label);
      if (type === "continue") {
        if (label === null ? !fn.canContinue : !target?.isLoop) {
          fail(
            label === null
              ? "Illegal continue statement: no surrounding iteration statement"
              : target
              ? `Illegal continue statement: '${label}' does not denote an iteration statement`
              : `Undefined label '${label}'`,
          );
        }
      } else if (label === null ? !fn.canBreak : !target) {
        fail(label === null ? "Illegal break statement" : `Undefined label '${label}'`);
      }
      endStatement();
    }

    function tryStatement() {
      next();
      block();
      if (peek() !== "catch" && peek() !== "finally") fail("Missing catch or finally after try");
      if (check("catch")) {
        if (check("(")) {
          inNames("catch", (caught) => {
            if (NAMES.has(peek())) {
              const token = identifier();
              if (fn.isStrict && isEvalOrArguments(token.value)) fail("Unexpected eval or arguments in strict mode");
              caught.own.set(token.value, { mode: "caught", start: token.start });
            } else {
              inCover("names", (scope) => {
                scope.mode = "caught";
                const left = bindingPattern();
                node("Catch", left.start, { left });
              }, () => {});
            }
            expect(")");
            const inner = block();
            for (const name of caught.own.keys()) {
              if (inner.own.has(name)) declaredTwice(name, inner.own.get(name).start);
            }
          });
        } else block();
      }
      if (check("finally")) block();
    }

    function switchStatement() {
      next();
      expect("(");
      expression();
      expect(")");
      const before = fn.canBreak;
      fn.canBreak = true;
      let hasDefault = false;
      block(() => {
        while (peek() !== "}") {
          if (check("case")) expression();
          else {
            expect("default");
            if (hasDefault) fail("More than one default clause in switch statement");
            hasDefault = true;
          }
          expect(":");
          while (peek() !== "case" && peek() !== "default" && peek() !== "}") statementItem();
        }
      });
      fn.canBreak = before;
    }

    function forEach(start, left, isOf, isAwait, isDeclared) {
      const over = isOf ? assignment() : expression(),
        loop = node("ForOf", start, { left, over, isOf, isAwait, isDeclared, bodyEnd: 0 });
      expect(")");
      loopBody();
      loop.bodyEnd = current.end;
    }
    function forStatement() {
      inNames("block", () => {
        next();
        let isAwait = false;
        if (peek() === "await" && fn.isAsync) isAwait = Boolean(next());
        expect("(");
        const isLet = peek() === "let";
        if (peek() === "const" || peek() === "var" || (isLet && isLetDeclaration())) {
          const found = variables(true);
          if (isInOrOf()) {
            const isOf = next().type !== "in", kind = isOf ? "for-of" : "for-in";
            if (isAwait && !isOf) unexpected(current);
            if (found.count !== 1) {
              fail(
                `Invalid left-hand side in ${isAwait ? "for-await-of" : kind} loop: Must have a single binding.`,
                found.start,
                found.end,
              );
            }
            if (found.initializer && (fn.isStrict || isOf || found.mode !== "var" || !found.isSimple)) {
              fail(
                `${isAwait ? "for-await-of" : kind} loop variable declaration may not have an initializer.`,
                ...found.initializer,
              );
            }
            return forEach(found.start, found.pattern, isOf, isAwait, true);
          }
          if (isAwait) unexpected(next());
          expect(";");
        } else if (peek() !== ";") {
          const start = ahead.start;
          let isEach = false, isOf = false, target = null;
          inCover("expression", () => withIn(false, expressionCover), (scope, left) => {
            target = left;
            const isAsync = current.type === "async" && !current.isEscaped;
            const end = current.end;
            if (isInOrOf()) {
              isEach = true;
              isOf = next().type !== "in";
              if (isAwait && !isOf) unexpected(current);
              if (isOf && (isLet || (isAsync && !isAwait))) {
                fail(`The left-hand side of a for-of loop may not be '${isLet ? "let" : "async"}'.`, start, end);
              }
              if (isPattern(left)) {
                validate(scope.pattern);
                if (left.isParenthesized) fail(BAD_TARGET, start, end);
              } else {
                validate(scope.expression);
                if (!isReference(left)) notReference({ ...left }, start, "Invalid left-hand side in for-loop", false);
              }
            } else validate(scope.expression);
          });
          if (isEach) {
            return forEach(start, target, isOf, isAwait, false);
          }
          if (isAwait) unexpected(next());
          expect(";");
        } else {
          if (isAwait) unexpected(next());
          next();
        }
        if (peek() !== ";") expression();
        expect(";");
        if (peek() !== ")") expression();
        expect(")");
        loopBody();
      });
    }

    let fault = null;
    try {
      statements("end", { isSimple: true });
      checkVars(names);
      if (fn.isStrict && tokens.octal) fail(...tokens.octal);
    } catch (error) {
      if (!(error instanceof Fault)) return { fault: null, nodes, isWhole: false };
      fault = error;
    }
    return { fault, nodes, isWhole: !fault };
  }

  return { parse };
});
