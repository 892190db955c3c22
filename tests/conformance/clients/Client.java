// Java's HttpClient: the same cases as python_clients.py.
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

public class Client {
    static final HttpClient CLIENT =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    static final byte[] BODY = new byte[8 << 20];

    public static void main(String[] args) throws Exception {
        URI url = URI.create(args[1]);
        if (args[0].equals("lines")) {
            HttpRequest request =
                HttpRequest.newBuilder(url).POST(BodyPublishers.ofString(args[2])).build();
            System.out.println(CLIENT.send(request, BodyHandlers.ofLines()).body().count());
            return;
        }
        List<String> seen = new ArrayList<>();
        for (int n = 0; n < Integer.parseInt(args[2]); n++) {
            seen.add(upload(url, args[3], args.length > 4 ? args[4] : ""));
        }
        System.out.println(String.join(" ", seen));
        System.exit(0);
    }

    static String upload(URI url, String mode, String host) {
        var body = mode.equals("length")
            ? BodyPublishers.ofByteArray(BODY)
            : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(BODY));
        var request = HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(5)).POST(body);
        if (!host.isEmpty()) {
            request.header("Host", host);
        }
        try {
            return "" + CLIENT.send(request.build(), BodyHandlers.ofString()).statusCode();
        } catch (Exception error) {
            return error.getClass().getSimpleName();
        }
    }
}
