// Answers what github.com/expr-lang/expr makes of expressions: JSON lines {"source", "env"} in, {"value" | "compileError" | "runError"} out.
// In an env, {"$int": "1"}, {"$int64": "1"}, {"$ints": [...]}, {"$floats": [...]}, {"$strings": [...]} stand for Go values that JSON
// cannot say; all other numbers are float64. The functions that Argo Rollouts adds are there too.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
)

type question struct {
	Source string         `json:"source"`
	Env    map[string]any `json:"env"`
}

var plain = regexp.MustCompile(`^[ -!#-\[\]-~]*$`)

func text(s string) string {
	if plain.MatchString(s) {
		return `"` + s + `"`
	}
	return "base64 " + base64.StdEncoding.EncodeToString([]byte(s))
}

func list(v reflect.Value) string {
	items := make([]string, v.Len())
	for i := range items {
		items[i] = canon(v.Index(i).Interface())
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// canon writes a value with its types, so that equal texts mean equal answers.
func canon(value any) string {
	switch x := value.(type) {
	case nil:
		return "nil"
	case string:
		return text(x)
	case int:
		return strconv.Itoa(x)
	case bool:
		return strconv.FormatBool(x)
	case time.Time:
		return "time " + x.UTC().Format(time.RFC3339Nano)
	case time.Duration:
		return fmt.Sprintf("duration %d", int64(x))
	case *time.Location:
		return "location " + x.String()
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			return v.Type().String() + "(nil)"
		}
		return v.Type().String() + list(v)
	case reflect.Map:
		pairs := []string{}
		for _, key := range v.MapKeys() {
			pairs = append(pairs, canon(key.Interface())+": "+canon(v.MapIndex(key).Interface()))
		}
		sort.Strings(pairs)
		return v.Type().String() + "{" + strings.Join(pairs, ", ") + "}"
	case reflect.Func:
		return "func"
	case reflect.Float64:
		return "float64 " + fmt.Sprint(v.Float())
	case reflect.Int, reflect.Int64:
		return fmt.Sprintf("%s %d", v.Type(), v.Int())
	case reflect.Uint8:
		return fmt.Sprintf("%s %d", v.Type(), v.Uint())
	}
	return fmt.Sprintf("%T", value)
}

func integer(text any) int64 {
	n, err := strconv.ParseInt(text.(string), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func typed(value any) any {
	switch x := value.(type) {
	case []any:
		for i := range x {
			x[i] = typed(x[i])
		}
	case map[string]any:
		for name, of := range x {
			switch name {
			case "$int":
				return int(integer(of))
			case "$int64":
				return integer(of)
			case "$ints":
				ints := []int{}
				for _, one := range of.([]any) {
					ints = append(ints, int(one.(float64)))
				}
				return ints
			case "$floats":
				floats := []float64{}
				for _, one := range of.([]any) {
					floats = append(floats, one.(float64))
				}
				return floats
			case "$strings":
				texts := []string{}
				for _, one := range of.([]any) {
					texts = append(texts, one.(string))
				}
				return texts
			}
			x[name] = typed(of)
		}
	}
	return value
}

func asInt(in any) int64 {
	switch i := in.(type) {
	case float64:
		return int64(i)
	case int64:
		return i
	case int:
		return int64(i)
	case uint8:
		return int64(i)
	case string:
		n, err := strconv.ParseInt(i, 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	panic(fmt.Sprintf("asInt() not supported on %v %v", reflect.TypeOf(in), in))
}

func asFloat(in any) float64 {
	switch i := in.(type) {
	case float64:
		return i
	case int64:
		return float64(i)
	case int:
		return float64(i)
	case uint8:
		return float64(i)
	case string:
		n, err := strconv.ParseFloat(i, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	panic(fmt.Sprintf("asFloat() not supported on %v %v", reflect.TypeOf(in), in))
}

func message(err error) string {
	if found, ok := err.(*file.Error); ok {
		return found.Message
	}
	return strings.SplitN(err.Error(), "\n", 2)[0]
}

func answer(q question) (reply map[string]string) {
	env := map[string]any{}
	for name, value := range q.Env {
		env[name] = typed(value)
	}
	result := env["result"]
	env["asInt"] = asInt
	env["asFloat"] = asFloat
	env["isNaN"] = math.IsNaN
	env["isInf"] = func(f float64) bool { return math.IsInf(f, 0) }
	env["isNil"] = func(any) bool { return result == nil }
	env["default"] = func(_ any, otherwise any) any {
		if result == nil {
			return otherwise
		}
		return result
	}
	defer func() {
		// The library's checker may panic where its compiler and machine recover.
		if r := recover(); r != nil {
			reply = map[string]string{"compileError": fmt.Sprint("panic: ", r)}
		}
	}()
	program, err := expr.Compile(q.Source, expr.Env(env))
	if err != nil {
		return map[string]string{"compileError": message(err), "text": err.Error()}
	}
	value, err := expr.Run(program, env)
	if err != nil {
		return map[string]string{"runError": message(err), "text": err.Error()}
	}
	return map[string]string{"value": canon(value)}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		line, err := json.Marshal(answer(q))
		if err != nil {
			panic(err)
		}
		out.Write(line)
		out.WriteByte('\n')
	}
}
