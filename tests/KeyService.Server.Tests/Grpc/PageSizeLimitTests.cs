using KeyService.Contracts.V1;
using KeyService.Server.Grpc;

namespace KeyService.Server.Tests.Grpc;

public class PageSizeLimitTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_page_is_full_before_it_is_longer_than_clients_receive(bool isJson)
    {
        var (limit, page) = (new PageSizeLimit(isJson), new ListKeysResponse());
        var key = new Key { Name = string.Concat(Enumerable.Repeat("\U0001F600<", 20_000)) };

        while (limit.TryAdd(key, page.Keys)) page.Keys.Count.ShouldBeLessThan(1_000);

        var size = isJson ? System.Text.Encoding.UTF8.GetByteCount(System.Text.Json.JsonSerializer.Serialize(key.Name)) * page.Keys.Count : page.CalculateSize();
        size.ShouldBeInRange(PageSizeLimit.MaxBytes - 500_000, PageSizeLimit.MaxBytes);
    }

    [Fact]
    public void The_first_item_is_on_the_page_whatever_its_size()
    {
        var (limit, page) = (new PageSizeLimit(isJson: false), new ListKeysResponse());

        limit.TryAdd(new Key { Name = new('n', PageSizeLimit.MaxBytes) }, page.Keys).ShouldBeTrue();
        limit.TryAdd(new Key(), page.Keys).ShouldBeFalse();
        page.Keys.ShouldHaveSingleItem();
    }

    [Fact]
    public void The_size_counted_of_json_is_never_less_than_what_is_written()
    {
        var text = string.Concat(Enumerable.Range(0, 0xD800).Select(c => (char)c));
        var (limit, page) = (new PageSizeLimit(isJson: true), new ListKeysResponse());
        var item = new Key { Description = text, Metadata = { [text] = text } };
        var written = System.Text.Json.JsonSerializer.Serialize(text).Length * 3;
        var most = 0;
        while (limit.TryAdd(item, page.Keys)) most++;

        (most * written).ShouldBeLessThanOrEqualTo(PageSizeLimit.MaxBytes);
        ((most + 1) * written * 1.2).ShouldBeGreaterThan(PageSizeLimit.MaxBytes, "pages are not much shorter than they may be");
    }
}
