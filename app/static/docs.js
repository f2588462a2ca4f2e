// Shows the API documentation with Swagger UI.

const container = document.querySelector("#viewer");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const follow = () => root.classList.toggle("dark-mode", root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
dark.addEventListener("change", follow);
document.addEventListener("theme-changed", follow);
follow();

window.SwaggerUIBundle({
  url: container.dataset.description,
  domNode: container,
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false, // keep the key only in memory
  tryItOutEnabled: true,
  validatorUrl: null, // the validator would send the document to another host
});
