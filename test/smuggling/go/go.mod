module smuggling

go 1.21
