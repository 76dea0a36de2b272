package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// conversation is an entry of conversations.json, in the form of the HTTP API.
type conversation struct {
	Name     string    `json:"name"`
	Prompt   string    `json:"prompt"`
	Suffix   string    `json:"suffix"`
	Think    any       `json:"think"`
	Messages []message `json:"messages"`
	Tools    []struct {
		Type     string `json:"type"`
		Function struct {
			Name        string `json:"name"`
			Description string `json:"description"`
			Parameters  struct {
				Type       string              `json:"type"`
				Defs       any                 `json:"$defs"`
				Items      any                 `json:"items"`
				Required   []string            `json:"required"`
				Properties map[string]property `json:"properties"`
			} `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
}

type message struct {
	Role       string   `json:"role"`
	Content    string   `json:"content"`
	Thinking   string   `json:"thinking"`
	Images     []string `json:"images"`
	ToolName   string   `json:"tool_name"`
	ToolCallID string   `json:"tool_call_id"`
	ToolCalls  []struct {
		ID       string `json:"id"`
		Function struct {
			Index     int            `json:"index"`
			Name      string         `json:"name"`
			Arguments map[string]any `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

// What templates see. Methods make values print as JSON.

type templateMessage struct {
	Role, Content, Thinking string
	Images                  []string
	ToolCalls               []templateToolCall
	ToolName, ToolCallID    string
}

type templateToolCall struct {
	ID       string
	Function templateToolCallFunction
}

type templateToolCallFunction struct {
	Index     int
	Name      string
	Arguments arguments
}

type arguments map[string]any

func (a arguments) String() string { return compact(a) }

type tools []tool

func (t tools) String() string { return compact(t) }

type tool struct {
	Type     string       `json:"type"`
	Items    any          `json:"items,omitempty"`
	Function toolFunction `json:"function"`
}

func (t tool) String() string { return compact(t) }

type toolFunction struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Parameters  parameters `json:"parameters"`
}

func (t toolFunction) String() string { return compact(t) }

type parameters struct {
	Type       string     `json:"type"`
	Defs       any        `json:"$defs,omitempty"`
	Items      any        `json:"items,omitempty"`
	Required   []string   `json:"required,omitempty"`
	Properties properties `json:"properties"`
}

func (p parameters) String() string { return compact(p) }

type properties map[string]property

func (p properties) String() string { return compact(p) }

type property struct {
	AnyOf       []property `json:"anyOf,omitempty"`
	Type        typeNames  `json:"type,omitempty"`
	Items       any        `json:"items,omitempty"`
	Description string     `json:"description,omitempty"`
	Enum        []any      `json:"enum,omitempty"`
	Required    []string   `json:"required,omitempty"`
}

func (p property) String() string { return compact(p) }

type typeNames []string

func (t *typeNames) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = typeNames{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

func (t typeNames) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

func (t typeNames) String() string {
	if len(t) == 0 {
		return ""
	}
	if len(t) == 1 {
		return t[0]
	}
	return "[" + strings.Join(t, " ") + "]"
}

func typeScriptType(v any) string {
	p, ok := v.(property)
	if !ok {
		return "any"
	}
	var types []string
	for _, alternative := range p.AnyOf {
		types = append(types, typeScriptType(alternative))
	}
	if len(types) == 0 {
		names := map[string]string{
			"string": "string", "number": "number", "integer": "number", "boolean": "boolean",
			"array": "any[]", "object": "Record<string, any>", "null": "null",
		}
		for _, name := range p.Type {
			if known, ok := names[name]; ok {
				types = append(types, known)
			} else {
				types = append(types, "any")
			}
		}
	}
	if len(types) == 0 {
		return "any"
	}
	return strings.Join(types, " | ")
}

func (c conversation) tools() tools {
	var all tools
	for _, t := range c.Tools {
		f := t.Function
		p := f.Parameters
		all = append(all, tool{Type: t.Type, Function: toolFunction{
			Name: f.Name, Description: f.Description,
			Parameters: parameters{Type: p.Type, Defs: p.Defs, Items: p.Items, Required: p.Required, Properties: p.Properties},
		}})
	}
	return all
}

// collated merges neighbours of one role and gathers the system texts.
func (c conversation) collated() (system string, messages []*templateMessage) {
	var systems []string
	for _, m := range c.Messages {
		if m.Role == "system" {
			systems = append(systems, m.Content)
		}
		converted := &templateMessage{
			Role: m.Role, Content: m.Content, Thinking: m.Thinking, Images: m.Images,
			ToolName: m.ToolName, ToolCallID: m.ToolCallID,
		}
		for _, call := range m.ToolCalls {
			converted.ToolCalls = append(converted.ToolCalls, templateToolCall{ID: call.ID, Function: templateToolCallFunction{
				Index: call.Function.Index, Name: call.Function.Name, Arguments: call.Function.Arguments,
			}})
		}
		if len(messages) > 0 && messages[len(messages)-1].Role == m.Role && m.Role != "tool" {
			messages[len(messages)-1].Content += "\n\n" + m.Content
			continue
		}
		messages = append(messages, converted)
	}
	return strings.Join(systems, "\n\n"), messages
}

// render makes the prompt in one of three ways, see the TypeScript function renderGoTemplate.
func (c conversation) render(source string) (string, error) {
	tmpl, err := parseTemplate(source)
	if err != nil {
		return "", err
	}
	think := map[string]any{"Think": false, "ThinkLevel": "", "IsThinkSet": c.Think != nil}
	switch value := c.Think.(type) {
	case bool:
		think["Think"] = value
		if value {
			think["ThinkLevel"] = "medium"
		}
	case string:
		think["Think"], think["ThinkLevel"] = true, value
	}
	var out bytes.Buffer
	execute := func(values map[string]any) {
		maps.Copy(values, think)
		if err == nil {
			err = tmpl.Execute(&out, values)
		}
	}
	names := variables(tmpl)
	if !names["messages"] && !names["response"] {
		tmpl = template.Must(parseTemplate(source + "{{ .Response }}"))
	}
	if c.Prompt != "" && c.Suffix != "" {
		execute(map[string]any{"Prompt": c.Prompt, "Suffix": c.Suffix, "Response": ""})
		return out.String(), err
	}
	system, messages := c.collated()
	if names["messages"] {
		execute(map[string]any{"System": system, "Messages": messages, "Tools": c.tools(), "Response": ""})
		return out.String(), err
	}
	system = ""
	var prompt, response string
	finish := func() {
		execute(map[string]any{"System": system, "Prompt": prompt, "Response": response})
		system, prompt, response = "", "", ""
	}
	for _, m := range messages {
		switch m.Role {
		case "system":
			if prompt != "" || response != "" {
				finish()
			}
			system = m.Content
		case "user":
			if response != "" {
				finish()
			}
			prompt = m.Content
		case "assistant":
			response = m.Content
		}
	}
	cutter := cutter{}
	cutter.list(tmpl.Root)
	finish()
	return out.String(), err
}

func variables(tmpl *template.Template) map[string]bool {
	names := map[string]bool{}
	for _, t := range tmpl.Templates() {
		walk(t.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.FieldNode:
				for _, name := range n.Ident {
					names[strings.ToLower(name)] = true
				}
			case *parse.VariableNode:
				for _, name := range n.Ident {
					names[strings.ToLower(name)] = true
				}
			}
		})
	}
	return names
}

func walk(n parse.Node, visit func(parse.Node)) {
	visit(n)
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			for _, arg := range command.Args {
				walk(arg, visit)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	}
}

// cutter removes what follows the first printed .Response.
type cutter struct{ found bool }

func (c *cutter) list(list *parse.ListNode) {
	list.Nodes = slices.DeleteFunc(list.Nodes, c.drops)
}

func (c *cutter) drops(n parse.Node) bool {
	if c.found {
		return true
	}
	switch n := n.(type) {
	case *parse.ActionNode:
		return c.dropsPipe(n.Pipe)
	case *parse.IfNode:
		c.branch(&n.BranchNode)
	case *parse.WithNode:
		c.branch(&n.BranchNode)
	case *parse.RangeNode:
		c.branch(&n.BranchNode)
	case *parse.PipeNode:
		return c.dropsPipe(n)
	case *parse.FieldNode:
		c.found = slices.Contains(n.Ident, "Response")
	}
	return false
}

func (c *cutter) branch(b *parse.BranchNode) {
	c.list(b.List)
	if b.ElseList != nil {
		c.list(b.ElseList)
	}
}

func (c *cutter) dropsPipe(pipe *parse.PipeNode) bool {
	pipe.Cmds = slices.DeleteFunc(pipe.Cmds, func(command *parse.CommandNode) bool {
		command.Args = slices.DeleteFunc(command.Args, c.drops)
		return len(command.Args) == 0
	})
	return len(pipe.Cmds) == 0
}
